import { ApiError, Unreachable } from "./errors.js";

export interface Retries {
  /** How often a request is sent at most, the first time included. */
  attempts: number;
  /** The first pause is a random part of it; it doubles with every attempt. */
  firstSeconds: number;
  /** The longest pause. A longer `Retry-After` is not waited for. */
  longestSeconds: number;
  /** How long one attempt may take. */
  timeoutSeconds: number;
}

export const RETRIES: Readonly<Retries> = { attempts: 5, firstSeconds: 0.25, longestSeconds: 30, timeoutSeconds: 30 };

/** Returns a token. `expired` is the one that the service has just refused: another one is needed. */
export type Token = (expired?: string) => string | Promise<string>;

export interface Outgoing {
  method: string;
  url: string;
  headers?: HeadersInit;
  body?: string | ArrayBuffer | null;
  signal?: AbortSignal;
  /** The body of a success is left to the caller; else it has arrived, and its loss is a reason to send again. */
  streamed?: boolean;
}

export interface Exchanged {
  response: Response;
  /** Whether an earlier attempt may have been executed: its answer was lost, or was a 5xx. */
  repeated: boolean;
}

const SAFE_TO_REPEAT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]);

/** Sends requests with a token, and again after 429, 5xx and lost connections. */
export class Sender {
  readonly #token: Token;
  readonly #fetch: typeof fetch;
  readonly retries: Readonly<Retries>;

  constructor(token: Token, retries: Partial<Retries> = {}, fetcher: typeof fetch = fetch) {
    this.#token = token;
    this.#fetch = (...given) => fetcher(...given); // browsers refuse it as a method
    this.retries = { ...RETRIES, ...retries };
  }

  /** Returns the last answer, whatever its status. Throws Unreachable if there is none. */
  async exchange(request: Outgoing): Promise<Exchanged> {
    const headers = new Headers(request.headers);
    const repeatable = SAFE_TO_REPEAT.has(request.method) || headers.has("Idempotency-Key");
    let token = await this.#token();
    let renewed = false;
    let repeated = false;
    for (let attempt = 1; ; attempt++) {
      headers.set("Authorization", `Bearer ${token}`);
      let wanted = 0;
      try {
        const response = await this.#once({ ...request, headers });
        if (response.ok || response.status === 304) return { response, repeated };
        const error = new ApiError(response, await response.clone().text());
        if (error.status === 401 && error.code === "token_expired" && !renewed) {
          token = await this.#token(token);
          renewed = true;
          continue;
        }
        wanted = error.retryAfter ?? 0;
        const again = mayRepeat(error, repeatable) && wanted <= this.retries.longestSeconds;
        if (!again || attempt >= this.retries.attempts) return { response, repeated };
        repeated ||= error.status >= 500;
      } catch (cause) {
        if (!(cause instanceof Lost)) throw cause;
        if (request.signal?.aborted) throw request.signal.reason;
        if (!repeatable || attempt >= this.retries.attempts) throw new Unreachable("No answer", { cause: cause.cause });
        repeated = true;
      }
      await sleep(wanted + this.pause(attempt), request.signal);
    }
  }

  /** Returns seconds: a random part of what doubles with every attempt. */
  pause(attempt: number): number {
    return Math.random() * Math.min(this.retries.longestSeconds, this.retries.firstSeconds * 2 ** (attempt - 1));
  }

  async #once({ url, method, headers, body, signal, streamed }: Outgoing): Promise<Response> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error("Timeout")), this.retries.timeoutSeconds * 1000);
    const either = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal;
    try {
      const sent = { method, body: body ?? null, signal: either, ...(headers ? { headers } : {}) };
      const response = await this.#fetch(url, sent);
      if (streamed && response.ok) return response;
      const content = await response.arrayBuffer();
      const { status, statusText } = response;
      return new Response(content.byteLength ? content : null, { status, statusText, headers: response.headers });
    } catch (cause) {
      throw new Lost("Lost", { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A connection, a response or the patience was lost. */
class Lost extends Error {}

function mayRepeat({ status, retryAfter }: ApiError, repeatable: boolean): boolean {
  if (status === 429) return true; // refused before anything was done
  if (status === 409) return repeatable && retryAfter !== null; // the first request with this key is being handled
  return repeatable && status >= 500;
}

export function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", leave);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) leave();
    else signal?.addEventListener("abort", leave, { once: true });
  });
}
