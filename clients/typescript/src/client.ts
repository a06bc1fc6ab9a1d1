import createApi, { type Client as Api } from "openapi-fetch";
import { ApiError } from "./errors.js";
import type { paths } from "./schema.js";
import { type Outgoing, type Retries, Sender, type Token } from "./sending.js";
import { Vault } from "./vault.js";

export interface Options {
  /** The address of the service, such as `https://api.example.com`. */
  baseUrl: string;
  token: Token;
  retries?: Partial<Retries>;
  fetch?: typeof fetch;
}

export class Client {
  readonly sender: Sender;
  /** Every operation of the document, typed: `client.api.GET("/api/v1/tenant")`. Failures are in `error`. */
  readonly api: Api<paths>;
  readonly #baseUrl: string;

  constructor({ baseUrl, token, retries, fetch }: Options) {
    this.sender = new Sender(token, retries, fetch);
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.api = createApi<paths>({
      baseUrl: this.#baseUrl,
      querySerializer: { array: { style: "form", explode: true } },
      fetch: async (request) => {
        const { method, url, headers, signal } = request;
        const body = request.body === null ? null : await request.arrayBuffer();
        return (await this.sender.exchange({ method, url, headers, body, signal, streamed: true })).response;
      },
    });
  }

  /** Returns the ideas of one creator: the subject of the token. */
  vault(userId: string): Vault {
    return new Vault(this, userId);
  }

  /** Throws ApiError unless the answer is a success. */
  async send(path: string, outgoing: Omit<Outgoing, "url">): Promise<Response> {
    const { response, repeated } = await this.sender.exchange({ ...outgoing, url: this.#baseUrl + path });
    if (!response.ok) throw new ApiError(response, await response.text(), repeated);
    return response;
  }
}

export function createClient(options: Options): Client {
  return new Client(options);
}
