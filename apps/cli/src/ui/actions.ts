import type { IncomingMessage, ServerResponse } from "node:http";
import { isPlainObject } from "@streamll/core/internal";

/** The answer to an action. */
export interface Reply {
  /** Of HTTP. */
  readonly status: number;
  /** Sent as JSON. */
  readonly body: object;
}

/** By the last part of the path; each gets the JSON of the request. */
export type Actions = Readonly<Record<string, Action>>;
type Action = (given: Readonly<Record<string, unknown>>) => Reply | Promise<Reply>;

const MOST_BYTES = 16 * 1024;

export const refusal = (status: number, error: string): Reply => ({ status, body: { error } });

/**
 * Does what a page asked for. A form or a link of another page cannot ask for it: neither sends JSON, and the browser says
 * where the request comes from. The caller has compared that with our own address. Never rejects.
 */
export async function act(
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  action: Action,
): Promise<void> {
  const { status, body } = await replyTo(request, action).catch(() => refusal(500, "the request failed"));
  const closing = status === TOO_LARGE ? { connection: "close" } : {};
  response.writeHead(status, { ...headers, ...closing, "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

const TOO_LARGE = 413;

async function replyTo(request: IncomingMessage, action: Action): Promise<Reply> {
  const { origin, "content-type": type } = request.headers;
  if (origin === undefined) return refusal(403, "only the page itself may ask for this");
  if (type !== "application/json") return refusal(415, "send JSON, as application/json");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return refusal(TOO_LARGE, "the request is too large");
    chunks.push(chunk);
  }
  const given = jsonIn(Buffer.concat(chunks).toString("utf8"));
  return isPlainObject(given) ? await action(given) : refusal(400, "send a JSON object");
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
