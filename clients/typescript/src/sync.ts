import { ApiError } from "./errors.js";
import { type Store, Table } from "./store.js";
import type { BulkResponse, ChangeList, Idea, IdeaCreate, IdeaUpdate, Vault } from "./vault.js";

/** What a device shows of an idea. One that has not been sent yet has no times. */
export type LocalIdea = Pick<Idea, "id" | "title" | "notes" | "stage" | "priority" | "tags" | "due_date"> & Partial<Idea>;

/** A change made on this device that the service has not confirmed. */
export type Operation =
  | { op: "create"; id: string; idea: IdeaCreate }
  | { op: "change"; id: string; changes: IdeaUpdate }
  | { op: "delete"; id: string };

/** A version from elsewhere meets an operation. `base` was known before; `current` is null if the idea is deleted. */
export interface Conflict {
  operation: Operation;
  base: Idea | null;
  current: Idea | null;
}

/** Returns what to send on top of `current`, or null to drop the operation. */
export type Rule = (conflict: Conflict) => Operation | null;

/** The default: fields changed here win over the same fields changed elsewhere, and deletions win over changes. */
export const merge: Rule = ({ operation, current }) =>
  current === null || operation.op === "create" ? null : operation;

/** The service has refused an operation, as invalid or for a quota. */
export interface Rejected {
  operation: Operation;
  error: Result["error"];
}

type Result = BulkResponse["results"][number];

/** `pulled` is false until the version has come with the changes. */
interface Known {
  etag: string;
  idea: Idea;
  pulled: boolean;
}

/** What is being sent. Neither key nor operations change until there is an answer, so that repeats are harmless. */
interface Batch {
  key: string;
  operations: (Operation & { if_match?: string })[];
}

const AT_ONCE = 100;
const EMPTY = { notes: null, stage: "idea", priority: "medium", tags: [] as string[], due_date: null } as const;

/** The ideas of one creator on one device, which can be read and changed without a connection. */
export class Device {
  readonly #vault: Vault;
  readonly #store: Store;
  readonly #rule: Rule;
  readonly #unwritten = new Map<string, unknown>();
  readonly #known = new Table<Known>("known", this.#unwritten);
  readonly #outbox = new Table<Operation>("outbox", this.#unwritten);
  readonly #rejected = new Table<Rejected>("rejected", this.#unwritten);
  readonly #batch = new Table<Batch>("batch", this.#unwritten);
  readonly #token = new Table<string>("token", this.#unwritten);
  #written: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | null = null;

  private constructor(vault: Vault, store: Store, rule: Rule) {
    this.#vault = vault;
    this.#store = store;
    this.#rule = rule;
  }

  static async open(vault: Vault, store: Store, rule: Rule = merge): Promise<Device> {
    const device = new Device(vault, store, rule);
    const entries = [...(await store.load())];
    const tables = [device.#known, device.#outbox, device.#rejected, device.#batch, device.#token];
    for (const table of tables) table.restore(entries);
    return device;
  }

  /** Returns the idea with the local changes; null if there is none. */
  get(id: string): LocalIdea | null {
    const sending = this.#batch.get("")?.operations.find((operation) => operation.id === id);
    const known: LocalIdea | null = this.#known.get(id)?.idea ?? null;
    return apply(apply(known, sending), this.#outbox.get(id));
  }

  ideas(): LocalIdea[] {
    const sending = this.#batch.get("")?.operations.map(({ id }) => id) ?? [];
    const ids = new Set([...this.#known.keys(), ...sending, ...this.#outbox.keys()]);
    return [...ids].sort().flatMap((id) => this.get(id) ?? []);
  }

  /** Returns the operations that the service has refused; `dismiss` forgets one. */
  rejected(): Rejected[] {
    return [...this.#rejected.values()];
  }

  async dismiss(id: string): Promise<void> {
    this.#rejected.delete(id);
    await this.#flush();
  }

  /** Returns the id. `id` is a random UUID in lower case, which has never been used. */
  async create(idea: IdeaCreate, id: string = crypto.randomUUID()): Promise<string> {
    this.#queue({ op: "create", id, idea });
    await this.#flush();
    return id;
  }

  /** Returns false if there is no such idea on this device. */
  async change(id: string, changes: IdeaUpdate): Promise<boolean> {
    return this.#alter({ op: "change", id, changes });
  }

  async remove(id: string): Promise<boolean> {
    return this.#alter({ op: "delete", id });
  }

  /** Sends what was changed here, then fetches what was changed elsewhere. After an error, call it again. */
  sync(): Promise<void> {
    this.#running ??= this.#push()
      .then(() => this.#pull())
      .finally(() => (this.#running = null));
    return this.#running;
  }

  async #push(): Promise<void> {
    for (let batch = this.#nextBatch(); batch !== null; batch = this.#nextBatch()) {
      await this.#flush(); // before it is sent: after a restart the same batch is sent again
      const { results } = await this.#vault.bulk(batch.operations, { atomic: false, key: batch.key });
      this.#batch.delete("");
      for (const [index, { if_match: _, ...operation }] of batch.operations.entries()) {
        const result = results[index];
        if (result !== undefined) this.#settle(operation, result);
      }
      await this.#flush();
    }
  }

  #nextBatch(): Batch | null {
    const unanswered = this.#batch.get("");
    if (unanswered !== undefined) return unanswered;
    const operations = [...this.#outbox.values()].slice(0, AT_ONCE).map((operation) => {
      this.#outbox.delete(operation.id);
      const etag = this.#known.get(operation.id)?.etag;
      return operation.op === "create" || etag === undefined ? operation : { ...operation, if_match: etag };
    });
    if (operations.length === 0) return null;
    const batch = { key: crypto.randomUUID(), operations };
    this.#batch.set("", batch);
    return batch;
  }

  #settle(operation: Operation, { status, idea, etag, error }: Result): void {
    const { id } = operation;
    const known = this.#known.get(id);
    const pulled = known !== undefined && known.etag === etag && known.pulled; // a change that changes nothing
    const version = idea !== null && etag !== null ? { etag, idea, pulled } : null;
    if (status < 300) {
      if (version !== null || operation.op === "delete") this.#remember(id, version);
    } else if (status === 412 && version === null) this.#queueBefore(operation); // a repeat, and that version is gone
    else if (status === 404 || status === 409 || status === 412) this.#meet(operation, version);
    else if (this.#outbox.has(id)) this.#queueBefore(operation); // what was changed since may have mended it
    else this.#rejected.set(id, { operation, error });
  }

  async #pull(): Promise<void> {
    for (let more = true; more; ) {
      const page = await this.#page();
      if (page !== null) {
        for (const { etag, idea } of page.changed) this.#arrive(idea.id, { etag, idea, pulled: true });
        for (const id of page.deleted) this.#arrive(id, null);
        this.#token.set("", page.next);
        more = page.has_more;
      }
      await this.#flush(); // the token together with what it covers
    }
    // What was created and deleted since the last token is in no page, and what was deleted before a 410 neither.
    for (const [id, { pulled }] of [...this.#known]) if (!pulled) this.#arrive(id, null);
    await this.#flush();
  }

  /** Returns null if the token is of no use: everything is fetched again, and unsent operations stay. */
  async #page(): Promise<ChangeList | null> {
    const since = this.#token.get("") ?? "";
    try {
      return await this.#vault.changes(since);
    } catch (error) {
      if (since === "" || !(error instanceof ApiError && isUseless(error))) throw error;
      this.#token.delete("");
      for (const [id, known] of this.#known) this.#known.set(id, { ...known, pulled: false });
      return null;
    }
  }

  #arrive(id: string, version: Known | null): void {
    const operation = this.#outbox.get(id);
    if (operation === undefined || version?.etag === this.#known.get(id)?.etag) return this.#remember(id, version);
    this.#outbox.delete(id);
    this.#meet(operation, version);
  }

  #meet(operation: Operation, version: Known | null): void {
    const base = this.#known.get(operation.id)?.idea ?? null;
    this.#remember(operation.id, version);
    const decided = this.#rule({ operation, base, current: version?.idea ?? null });
    if (decided !== null) this.#queueBefore(decided);
  }

  #remember(id: string, version: Known | null): void {
    if (version === null) this.#known.delete(id);
    else this.#known.set(id, version);
  }

  async #alter(operation: Operation): Promise<boolean> {
    if (this.get(operation.id) === null) return false;
    this.#queue(operation);
    await this.#flush();
    return true;
  }

  #queue(operation: Operation): void {
    const waiting = combine(this.#outbox.get(operation.id), operation);
    if (waiting === null) this.#outbox.delete(operation.id);
    else this.#outbox.set(operation.id, waiting);
  }

  #queueBefore(operation: Operation): void {
    const later = this.#outbox.get(operation.id);
    this.#outbox.set(operation.id, operation);
    if (later !== undefined) this.#queue(later);
  }

  /** Writes in the order of the changes. */
  #flush(): Promise<void> {
    const written = this.#written.then(() => this.#write());
    this.#written = written.catch(() => undefined);
    return written;
  }

  async #write(): Promise<void> {
    const entries = new Map(this.#unwritten);
    this.#unwritten.clear();
    try {
      if (entries.size > 0) await this.#store.write(entries);
    } catch (error) {
      for (const [key, value] of entries) if (!this.#unwritten.has(key)) this.#unwritten.set(key, value);
      throw error;
    }
  }
}

/** Whether the token is too old, or not of this vault. */
function isUseless({ status, fields }: ApiError): boolean {
  return status === 410 || (status === 422 && fields.some(({ loc }) => loc[1] === "since"));
}

/** Returns one operation for two of the same idea; null if they cancel out. */
function combine(first: Operation | undefined, later: Operation): Operation | null {
  if (first === undefined || first.op === "delete" || later.op === "create") return later;
  if (later.op === "delete") return first.op === "create" ? null : later;
  if (first.op === "change") return { ...first, changes: { ...first.changes, ...later.changes } };
  return { ...first, idea: { ...first.idea, ...given(later.changes) } };
}

function apply(idea: LocalIdea | null, operation: Operation | undefined): LocalIdea | null {
  if (operation === undefined) return idea;
  if (operation.op === "create") return { ...EMPTY, ...operation.idea, id: operation.id };
  return operation.op === "change" && idea !== null ? { ...idea, ...given(operation.changes) } : null;
}

/** Returns the changes without what `null` leaves as it is. */
function given(changes: IdeaUpdate): Partial<IdeaCreate> {
  const clears = (name: string): boolean => name === "notes" || name === "due_date";
  return Object.fromEntries(Object.entries(changes).filter(([name, value]) => value !== null || clears(name)));
}
