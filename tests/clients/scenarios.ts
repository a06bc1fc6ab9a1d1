/** What the helpers do, one scenario a process; prints a JSON result that `scenarios.py` prints as well. */

import {
  ApiError,
  type Client,
  createClient,
  Device,
  everyItem,
  MemoryStore,
  type Rule,
  StreamEnded,
  Unreachable,
} from "@creatorvault/client";

const [, , scenario = "", url = "", user = "", first = "", second = ""] = process.argv;
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const LONG = "x".repeat(201);

const asked: string[] = [];
const client = createClient({
  baseUrl: url,
  token: (expired) => {
    asked.push(expired === undefined ? "any" : expired === first ? "another" : "wrong");
    return expired === undefined ? first : second;
  },
  retries: { attempts: 3, firstSeconds: 0.001, longestSeconds: 2 },
});
const vault = client.vault(user);

async function failure(action: Promise<unknown>): Promise<unknown> {
  try {
    return await action;
  } catch (error) {
    if (error instanceof ApiError) return [error.status, error.code, error.fields.map(({ loc }) => loc)];
    if (error instanceof Unreachable) return "unreachable";
    if (error instanceof StreamEnded) return error.reason;
    throw error;
  }
}

async function status(action: Promise<unknown>): Promise<unknown> {
  const answer = await failure(action);
  return Array.isArray(answer) ? (answer[0] as unknown) : answer;
}

async function titles(): Promise<string[]> {
  const found: string[] = [];
  for await (const { title } of vault.ideas({ sort: "title", order: "asc" })) found.push(title);
  return found;
}

async function devices(rule?: Rule): Promise<[Device, Device, string]> {
  const one = await Device.open(vault, new MemoryStore(), rule);
  const other = await Device.open(vault, new MemoryStore(), rule);
  const id = await one.create({ title: "Shared", tags: ["a"] });
  await one.sync();
  await other.sync();
  return [one, other, id];
}

const scenarios: Record<string, (client: Client) => Promise<unknown>> = {
  async create() {
    const { idea, etag } = await vault.create({ title: "Once" });
    return [idea.title, etag !== "*", await titles(), asked];
  },
  async creating() {
    return [await failure(vault.create({ title: "Once" })), await titles()];
  },
  async typed({ api }) {
    const { data } = await api.GET("/api/v1/users/me");
    const missing = await api.GET("/api/v1/{user_id}/ideas/{idea_id}", {
      params: { path: { user_id: user, idea_id: UNKNOWN } },
    });
    const made = await api.POST("/api/v1/{user_id}/ideas", {
      params: { path: { user_id: user } },
      body: { title: "Typed" },
    });
    return [data?.authenticated, missing.response.status, made.data?.title];
  },
  async refused() {
    return [await failure(vault.create({ title: LONG })), await status(vault.get(UNKNOWN))];
  },
  async list() {
    const operations = Array.from({ length: 250 }, (_, number) => ({
      op: "create" as const,
      idea: { title: `${1000 + number}` },
    }));
    const { applied } = await vault.bulk(operations);
    const all = await titles();
    const few = everyItem(async (cursor) => ({ items: [cursor], next_cursor: cursor === "" ? "last" : null }));
    const cursors: string[] = [];
    for await (const cursor of few) cursors.push(cursor);
    return [applied, all.length, new Set(all).size, all[249], cursors];
  },
  async update() {
    const { idea } = await vault.create({ title: "Mine", tags: ["a"] });
    const seen: (string | null)[] = [];
    const { idea: after } = await vault.update(idea.id, ({ notes, tags }) => {
      seen.push(notes);
      return { tags: [...tags, "b"] };
    });
    const same = await vault.update(idea.id, () => null);
    return [seen, after.notes, after.tags, same.idea.tags];
  },
  async remove() {
    const { idea, etag } = await vault.create({ title: "Gone" });
    await vault.update(idea.id, () => ({ stage: "draft" }));
    const refused = await status(vault.remove(idea.id, etag));
    await vault.remove(idea.id);
    return [refused, await titles()];
  },
  async live() {
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const revision of vault.revisions({ signal: stop.signal })) {
      seen.push(revision);
      if (seen.length === 5) stop.abort();
      else await vault.create({ title: `${seen.length}` });
    }
    return [seen.length, seen.every((revision, at) => at === 0 || revision > (seen[at - 1] ?? 0))];
  },
  async merging() {
    const [one, other, id] = await devices();
    await one.change(id, { notes: "One", stage: "draft" });
    await other.change(id, { tags: ["b"], stage: "outline" });
    for (const device of [one, other, one]) await device.sync();
    const [{ notes, tags, stage } = {}] = one.ideas();
    return [notes, tags, stage, JSON.stringify(one.ideas()) === JSON.stringify(other.ideas())];
  },
  async deleting() {
    const [one, other, id] = await devices();
    await one.remove(id);
    await other.change(id, { notes: "Lost" });
    for (const device of [one, other, one]) await device.sync();
    const second = await one.create({ title: "Second" });
    for (const device of [one, other]) await device.sync();
    await one.change(second, { notes: "Lost" });
    await other.remove(second);
    for (const device of [one, other, one]) await device.sync();
    return [one.ideas(), other.ideas(), one.get(id), await one.change(id, { notes: "No" })];
  },
  async deciding() {
    const keep: Rule = ({ operation, base, current }) => {
      if (operation.op !== "change" || current !== null || base === null) return null;
      const { notes = null } = operation.changes;
      return { op: "create", id: crypto.randomUUID(), idea: { title: base.title, notes } };
    };
    const [one, other, id] = await devices(keep);
    await one.remove(id);
    await other.change(id, { notes: "Kept" });
    for (const device of [one, other, one]) await device.sync();
    return one.ideas().map(({ title, notes }) => [title, notes]);
  },
  async forgetting() {
    const [one, other, id] = await devices();
    const made = await one.create({ title: "Unseen" });
    for (const device of [other, one, other]) await device.sync();
    await other.remove(made);
    await other.sync();
    const unsent = await one.create({ title: "Unsent" });
    await one.change(id, { notes: "Unsent" });
    await one.sync();
    return [one.get(unsent)?.title, one.get(id)?.notes, one.get(made), await titles()];
  },
  async repeating() {
    const [one, other, id] = await devices();
    await one.change(id, { tags: ["a"] });
    for (const device of [one, other]) await device.sync();
    return [one.ideas().length, other.ideas().length];
  },
  async refusing() {
    const device = await Device.open(vault, new MemoryStore());
    const id = await device.create({ title: LONG });
    await device.sync();
    const [rejected] = device.rejected();
    await device.dismiss(id);
    return [rejected?.operation.op, rejected?.error?.code, device.rejected(), device.ideas()];
  },
};

console.log(JSON.stringify(await scenarios[scenario]?.(client)));
