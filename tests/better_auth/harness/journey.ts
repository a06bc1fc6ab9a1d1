// What somebody does with the guide's front end, from signing up on.
import { ideasOf } from "@/ideas";
import { firstIdea, mistakesOf, signIn, signOut, signUp, type Person } from "@/first-idea";
import { RequestFailed } from "@/send";
import { SignedOut } from "@/token";

export async function journey(api: string, person: Person) {
  const userId = await signUp(person);
  const idea = await firstIdea(api, userId, "Straßenbahn etiquette");
  const ideas = ideasOf(api, userId);
  const { items: found } = await ideas.list({ search: "STRASSE", tags: "first" });
  const mistakes = await mistakesOf(ideas.create({ title: "", due_date: "someday" }));
  const none = await mistakesOf(ideas.create({ title: "Kept", due_date: null }));

  const read = await ideas.get(idea.id);
  const changed = await ideas.change(read, { priority: "high" });
  const stale = await refusal(ideas.change(read, { priority: "low" }));
  const removed = await ideas.create({ title: "Thrown away" });
  await ideas.remove(removed);
  const missing = await refusal(ideas.get(removed.idea.id));

  await signOut();
  const signedOut = await ideas.list().catch((error: unknown) => error instanceof SignedOut);
  const userIdAgain = await signIn(person);
  const { total } = await ideas.list();
  return { userId, userIdAgain, idea, found, mistakes, none, changed: changed.idea, stale, missing, signedOut, total };
}

/** The status and the correlation id of a request that is expected to fail. */
export async function refusal(request: Promise<unknown>) {
  try {
    await request;
  } catch (error) {
    if (error instanceof RequestFailed) {
      const { status, correlationId, retryAfter } = error;
      return { status, correlationId, retryAfter };
    }
    throw error;
  }
  throw new Error("the request was not refused");
}
