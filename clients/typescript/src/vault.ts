import type { Client } from "./client.js";
import { everyItem } from "./cursors.js";
import { ApiError } from "./errors.js";
import { type Listening, revisions } from "./live.js";
import type { components, operations } from "./schema.js";

type Schemas = components["schemas"];
export type Idea = Schemas["IdeaResponse"];
export type IdeaCreate = Schemas["IdeaCreate"];
export type IdeaUpdate = Schemas["IdeaUpdate"];
export type ChangeList = Schemas["ChangeList"];
export type BulkResponse = Schemas["BulkResponse"];
export type BulkOperation = Schemas["BulkRequest"]["operations"][number];
export type Query = Omit<
  NonNullable<operations["list_ideas_api_v1__user_id__ideas_get"]["parameters"]["query"]>,
  "cursor" | "offset"
>;

/** An idea, and the version of it that was read. */
export interface Version {
  etag: string;
  idea: Idea;
}

export interface BulkOptions {
  /** All or nothing; else each operation has its own result. */
  atomic?: boolean;
  /** The same for every attempt of one request, also after a restart of your program. */
  key?: string;
}

/** The ideas of one creator. Every method throws ApiError, and Unreachable if no answer came. */
export class Vault {
  readonly #client: Client;
  readonly #path: string;

  constructor(client: Client, userId: string) {
    this.#client = client;
    this.#path = `/api/v1/${encodeURIComponent(userId)}`;
  }

  /** Stores the idea once, however often it has to be sent. */
  async create(idea: IdeaCreate, key: string = crypto.randomUUID()): Promise<Version> {
    return versionOf(await this.#post("/ideas", idea, key));
  }

  async get(id: string): Promise<Version> {
    return versionOf(await this.#client.send(this.#one(id), { method: "GET" }));
  }

  /** Yields every idea that matches, page by page. One that changes meanwhile may come twice or not at all. */
  ideas(query: Query = {}): AsyncGenerator<Idea, void, undefined> {
    return everyItem(async (cursor) => {
      const parameters = new URLSearchParams({ limit: "100", cursor });
      for (const [name, value] of Object.entries(query)) {
        if (name === "limit") parameters.set(name, String(value));
        else for (const each of [value].flat()) if (each != null) parameters.append(name, String(each));
      }
      const response = await this.#client.send(`${this.#path}/ideas?${parameters}`, { method: "GET" });
      return (await response.json()) as Schemas["IdeaListResponse"];
    });
  }

  /**
   * Reads an idea and changes what `change` returns, which may be called again: if the idea has been changed meanwhile,
   * with its current version. `change` returns null to leave it as it is.
   */
  async update(id: string, change: (idea: Idea) => IdeaUpdate | null): Promise<Version> {
    let version = await this.get(id);
    for (;;) {
      const changes = change(version.idea);
      if (changes === null) return version;
      try {
        const headers = { ...JSON_BODY, "If-Match": version.etag };
        const sent = { method: "PATCH", headers, body: JSON.stringify(changes) };
        return await versionOf(await this.#client.send(this.#one(id), sent));
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 412)) throw error;
        version = await this.#current(id, error);
        // The answer to the first attempt was lost, and it was a success.
        if (error.repeated && holds(version.idea, changes)) return version;
      }
    }
  }

  /** Deletes an idea; with `etag` only that version of it. */
  async remove(id: string, etag?: string): Promise<void> {
    try {
      const headers: Record<string, string> = etag === undefined ? {} : { "If-Match": etag };
      await this.#client.send(this.#one(id), { method: "DELETE", headers });
    } catch (error) {
      // An earlier attempt, whose answer was lost, has deleted it.
      if (!(error instanceof ApiError && error.status === 404 && error.repeated)) throw error;
    }
  }

  /** Makes up to 500 creates, changes, replacements and deletions in one transaction. */
  async bulk(operations: readonly BulkOperation[], options: BulkOptions = {}): Promise<BulkResponse> {
    const { atomic = true, key = crypto.randomUUID() } = options;
    const response = await this.#post("/ideas/bulk", { atomic, operations }, key);
    return (await response.json()) as BulkResponse;
  }

  /** Returns what has changed since the token `next` of an earlier answer; from the beginning without one. */
  async changes(since = "", limit = 500): Promise<ChangeList> {
    const parameters = new URLSearchParams({ since, limit: String(limit) });
    const response = await this.#client.send(`${this.#path}/changes?${parameters}`, { method: "GET" });
    return (await response.json()) as ChangeList;
  }

  /** Yields a number whenever the ideas have changed, the current one first. Reconnects until `signal` ends it. */
  revisions(listening: Listening = {}): AsyncGenerator<number, void, undefined> {
    return revisions(this.#client, `${this.#path}/events`, listening);
  }

  #post(path: string, body: unknown, key: string): Promise<Response> {
    const headers = { ...JSON_BODY, "Idempotency-Key": key };
    return this.#client.send(this.#path + path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  #one(id: string): string {
    return `${this.#path}/ideas/${encodeURIComponent(id)}`;
  }

  async #current(id: string, { body, etag }: ApiError): Promise<Version> {
    const { current } = body as { current?: Idea };
    return current && etag !== null ? { etag, idea: current } : this.get(id);
  }
}

const JSON_BODY = { "Content-Type": "application/json" };

async function versionOf(response: Response): Promise<Version> {
  return { etag: response.headers.get("ETag") ?? "*", idea: (await response.json()) as Idea };
}

function holds(idea: Idea, changes: IdeaUpdate): boolean {
  return Object.entries(changes).every(
    ([name, value]) => JSON.stringify(idea[name as keyof Idea]) === JSON.stringify(value),
  );
}
