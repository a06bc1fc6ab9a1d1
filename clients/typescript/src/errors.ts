import type { components } from "./schema.js";

/** An invalid field of a request: `loc` is the path to it, `msg` is for people, `type` for programs. */
export type FieldError = components["schemas"]["ValidationError"];

/** The service answered, but not with success. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** For programs, such as `token_expired`; empty if something in front of the service answered. */
  readonly code: string;
  /** The invalid fields of a 422; else empty. */
  readonly fields: readonly FieldError[];
  /** Seconds after which a retry may succeed, if the service says so. */
  readonly retryAfter: number | null;
  /** Report it to the operator: the logs of the service contain it. */
  readonly correlationId: string | null;
  /** The version that the answer contains: the current one of a 412. */
  readonly etag: string | null;
  /** The members of the answer, such as `current` of a 412. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Whether an earlier attempt may have been executed: its answer was lost, or was a 5xx. */
  readonly repeated: boolean;

  constructor(response: Response, text: string, repeated = false) {
    const body = membersOf(text);
    const { code, detail } = body;
    const fields = (Array.isArray(detail) ? detail : []) as FieldError[];
    super(typeof detail === "string" ? detail : fields.map(({ msg }) => msg).join("; ") || response.statusText);
    this.status = response.status;
    this.code = typeof code === "string" ? code : "";
    this.fields = fields;
    this.retryAfter = secondsOf(response);
    this.correlationId = response.headers.get("X-Correlation-ID");
    this.etag = response.headers.get("ETag");
    this.body = body;
    this.repeated = repeated;
  }
}

/** No answer came. It is unknown whether the service handled the request. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** Returns the seconds of `Retry-After`; null if it is missing or a date, as a client's clock may be wrong. */
function secondsOf({ headers }: Response): number | null {
  const value = headers.get("Retry-After");
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}

function membersOf(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {}; // a proxy in between answers with HTML
  }
}
