import type { TokenSource } from "../auth/token-source.js";
import type { HttpClient, HttpRequest } from "./client.js";

/** The service answered with something else than success. */
export class RefusedRequest extends Error {
  readonly status: number;
  /** As gRPC names it, such as `FAILED_PRECONDITION`; `""` where the answer says none. */
  readonly reason: string;
  /** For how long it asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterMs: number | undefined) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

export type Json = Readonly<Record<string, unknown>>;

/** The REST API of the service: https://cloud.google.com/pubsub/docs/reference/rest */
export interface Api {
  /** @throws RefusedRequest; TransportError of the login; else as {@link HttpClient.send}. */
  call(request: HttpRequest): Promise<Json>;
  /** The body of the answer, not parsed. @throws as {@link call} */
  fetch(request: HttpRequest): Promise<Buffer>;
  /** Sees whether the host answers, without a token: it counts against no quota. @throws as `HttpClient.send` */
  probe(timeoutMs: number): Promise<void>;
}

/** Of what an error says, so much is repeated. */
const LONGEST_MESSAGE = 500;

/** The longest pause that is honoured, in milliseconds. */
const LONGEST_PAUSE = 60_000;

export function apiOf(client: HttpClient, tokens: TokenSource): Api {
  const attempt = async (request: HttpRequest) =>
    client.send({ ...request, headers: { ...request.headers, ...(await tokens.headers()) } });
  async function fetch(request: HttpRequest): Promise<Buffer> {
    let answer = await attempt(request);
    if (answer.status === 401) {
      // It may have expired early, or its key was changed: nothing was done, and a new one may help.
      tokens.renew();
      answer = await attempt(request);
    }
    const { status, body, headers } = answer;
    if (status < 200 || status > 299) throw refused(status, body, headers["retry-after"]);
    return body;
  }
  return {
    fetch,
    async call(request) {
      const body = await fetch(request);
      const json: unknown = body.length === 0 ? {} : JSON.parse(body.toString());
      if (typeof json === "object" && json !== null) return json as Json;
      throw new SyntaxError("the answer is no JSON object");
    },
    async probe(timeoutMs) {
      await client.send({ method: "HEAD", path: "/", timeoutMs });
    },
  };
}

function refused(status: number, body: Buffer, retryAfter: string | undefined): RefusedRequest {
  const { message, status: reason } = errorIn(body);
  const said = typeof message === "string" && message !== "" ? message : `HTTP ${status}`;
  const name = typeof reason === "string" ? reason : "";
  return new RefusedRequest(status, name, said.slice(0, LONGEST_MESSAGE), pauseOf(retryAfter));
}

function errorIn(body: Buffer): { readonly message?: unknown; readonly status?: unknown } {
  try {
    return (JSON.parse(body.toString()) as { error?: object } | null)?.error ?? {};
  } catch {
    return {};
  }
}

/** In seconds, or as a date: RFC 9110, 10.2.3. */
function pauseOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_PAUSE) : undefined;
}
