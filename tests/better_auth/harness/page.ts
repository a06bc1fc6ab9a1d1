// What a test in a browser calls.
import { signUp } from "@/first-idea";
import { ideasOf } from "@/ideas";
import { journey, refusal } from "./journey";

Object.assign(globalThis, { ideasOf, journey, refusal, signUp });
