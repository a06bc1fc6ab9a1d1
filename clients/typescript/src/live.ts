import type { Client } from "./client.js";
import { ApiError } from "./errors.js";
import { sleep } from "./sending.js";

export interface Listening {
  signal?: AbortSignal;
  /** The last revision that you know: it is not repeated. */
  after?: number;
  /** A connection on which nothing has come for so long, not even a comment, is replaced. */
  silentSeconds?: number;
}

/** The service has ended the stream for good: `suspended` or `erased`. */
export class StreamEnded extends Error {
  override readonly name = "StreamEnded";
  readonly reason: string;

  constructor(reason: string) {
    super(`The stream has ended: ${reason}`);
    this.reason = reason;
  }
}

interface ServerEvent {
  type: string;
  id: string;
  data: string;
}

const FINAL = new Set(["suspended", "erased"]);

/** Yields revisions as they come, and reconnects with `Last-Event-ID`. Throws ApiError and StreamEnded. */
export async function* revisions(
  client: Client,
  path: string,
  { signal, after, silentSeconds = 45 }: Listening,
): AsyncGenerator<number, void, undefined> {
  let last = after === undefined ? "" : String(after);
  for (let failures = 0; ; failures++) {
    const connection = new AbortController();
    const either = signal ? AbortSignal.any([signal, connection.signal]) : connection.signal;
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (last !== "") headers["Last-Event-ID"] = last;
      const response = await client.send(path, { method: "GET", headers, signal: either, streamed: true });
      for await (const { type, id, data } of eventsOf(response, connection, silentSeconds)) {
        failures = 0;
        if (id !== "") last = id;
        const { revision, reason } = JSON.parse(data) as { revision?: number; reason?: string };
        if (type === "revision" && revision !== undefined) yield revision;
        if (type === "end" && reason !== undefined && FINAL.has(reason)) throw new StreamEnded(reason);
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof ApiError || error instanceof StreamEnded) throw error;
    } finally {
      connection.abort(); // also when the caller leaves its loop
    }
    try {
      await sleep(client.sender.pause(failures + 1), signal);
    } catch {
      return;
    }
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
async function* eventsOf(
  { body }: Response,
  connection: AbortController,
  silentSeconds: number,
): AsyncGenerator<ServerEvent, void, undefined> {
  if (body === null) return;
  const watch = (): ReturnType<typeof setTimeout> => setTimeout(() => connection.abort(), silentSeconds * 1000);
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let timer = watch();
  let rest = "";
  let event: ServerEvent = { type: "", id: "", data: "" };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) return;
      timer = watch();
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const [, name = "", content = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
        if (name === "event") event.type = content;
        else if (name === "id") event.id = content;
        else if (name === "data") event.data += content;
        if (line === "") {
          if (event.data !== "") yield event;
          event = { type: "", id: "", data: "" };
        }
      }
    }
  } finally {
    clearTimeout(timer);
  }
}
