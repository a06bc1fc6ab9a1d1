/** A device in a process of its own: one JSON command a line, one JSON answer a line. */

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { stdout } from "node:process";
import { createInterface } from "node:readline";
import { ApiError, createClient, Device, type IdeaCreate, type IdeaUpdate, type Store } from "@creatorvault/client";

interface Command {
  do: "create" | "change" | "remove" | "ideas" | "begin" | "finish";
  id: string;
  idea: IdeaCreate;
  changes: IdeaUpdate;
}

/** A log of changes; a last line that was not written to its end is not read. */
class FileStore implements Store {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async load(): Promise<Iterable<readonly [string, unknown]>> {
    if (!existsSync(this.#file)) return [];
    const entries = new Map<string, unknown>();
    for (const line of readFileSync(this.#file, "utf8").split("\n").filter(Boolean)) {
      for (const [key, value] of parsed(line)) {
        if (value === null) entries.delete(key);
        else entries.set(key, value);
      }
    }
    appendFileSync(this.#file, "\n");
    return entries;
  }

  async write(entries: ReadonlyMap<string, unknown>): Promise<void> {
    appendFileSync(this.#file, JSON.stringify([...entries]) + "\n");
  }
}

function parsed(line: string): [string, unknown][] {
  try {
    return JSON.parse(line) as [string, unknown][];
  } catch {
    return [];
  }
}

const [, , url = "", user = "", token = "", file = "", wrong = "0"] = process.argv;
const right = Date.now;
const offset = Number(wrong) * 1000;
Date.now = () => right() + offset;
globalThis.Date = class extends Date {
  constructor(...given: [] | [number]) {
    super(given.length === 0 ? right() + offset : given[0]);
  }
} as DateConstructor;

const retries = { attempts: 2, firstSeconds: 0.001, longestSeconds: 60 };
const client = createClient({ baseUrl: url, token: () => token, retries });
const device = await Device.open(client.vault(user), new FileStore(file));

let syncing: Promise<string> = Promise.resolve("");

async function synced(): Promise<string> {
  try {
    await device.sync();
  } catch (error) {
    return error instanceof ApiError ? `${error.status} ${error.code} ${error.message}` : String(error);
  }
  const [rejected] = device.rejected();
  return rejected === undefined ? "" : JSON.stringify(rejected);
}

async function answer({ do: what, id, idea, changes }: Command): Promise<unknown> {
  switch (what) {
    case "create":
      return device.create(idea, id);
    case "change":
      return device.change(id, changes);
    case "remove":
      return device.remove(id);
    case "ideas":
      return JSON.stringify(device.ideas());
    case "begin":
      syncing = synced();
      return "";
    case "finish":
      return syncing;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as Command))}\n`);
}
