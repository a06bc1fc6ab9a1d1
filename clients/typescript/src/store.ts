/** Where a device keeps its state: JSON values by keys. */
export interface Store {
  load(): Promise<Iterable<readonly [string, unknown]>>;
  /** Stores all entries or none; null deletes one. */
  write(entries: ReadonlyMap<string, unknown>): Promise<void>;
}

export class MemoryStore implements Store {
  readonly #entries = new Map<string, unknown>();

  async load(): Promise<Iterable<readonly [string, unknown]>> {
    return this.#entries;
  }

  async write(entries: ReadonlyMap<string, unknown>): Promise<void> {
    for (const [key, value] of entries) {
      if (value === null) this.#entries.delete(key);
      else this.#entries.set(key, value);
    }
  }
}

/** A Map that notes in `unwritten` what the store does not have yet. */
export class Table<Value> extends Map<string, Value> {
  readonly #name: string;
  readonly #unwritten: Map<string, unknown>;

  constructor(name: string, unwritten: Map<string, unknown>) {
    super();
    this.#name = name;
    this.#unwritten = unwritten;
  }

  override set(key: string, value: Value): this {
    this.#unwritten.set(`${this.#name}/${key}`, value);
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    this.#unwritten.set(`${this.#name}/${key}`, null);
    return super.delete(key);
  }

  /** Takes over what the store has. */
  restore(entries: Iterable<readonly [string, unknown]>): void {
    for (const [key, value] of entries) {
      if (key.startsWith(`${this.#name}/`)) super.set(key.slice(this.#name.length + 1), value as Value);
    }
  }
}
