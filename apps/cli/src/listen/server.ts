import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type Answer, jsonAnswer, Refusal } from "./answer.js";
import type { Bodies } from "./body.js";
import type { Endpoint } from "./endpoint.js";
import { refusedAsJson } from "./events-endpoint.js";
import type { Intake } from "./intake.js";

export interface ServerOptions {
  /** By their path. */
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  readonly bodies: Bodies;
  readonly intake: Intake;
  /** Whether a request may send; absent: all may. */
  readonly allows?: ((authorization: string | undefined) => boolean) | undefined;
  readonly health: () => Answer;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** Hears of what no sender can mend. */
  readonly onError: (error: unknown) => void;
}

const requestTimeoutMs = 60_000;
const mostConnections = 1000;

export function listenServer(options: ServerOptions): Server {
  const listener: RequestListener = (request, response) => {
    void answerTo(request, options).then(({ status, headers, body }) => {
      // A sender may have left.
      response.on("error", () => {});
      response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers }).end(body);
    });
  };
  const limits = { requestTimeout: requestTimeoutMs, headersTimeout: 10_000 };
  const server =
    options.tls === undefined
      ? createServer(limits, listener)
      : createSecureServer({ ...limits, ...options.tls }, listener);
  server.maxConnections = mostConnections;
  return server;
}

/** Never rejects. */
async function answerTo(request: IncomingMessage, options: ServerOptions): Promise<Answer> {
  const [path = ""] = (request.url ?? "").split("?");
  const endpoint = Object.hasOwn(options.endpoints, path) ? options.endpoints[path] : undefined;
  const [given = ""] = (request.headers["content-type"] ?? "").split(";");
  const type = given.trim().toLowerCase();
  try {
    if (path === "/health") return healthAnswer(request, options);
    if (endpoint === undefined) throw new Refusal(404, `write ${Object.keys(options.endpoints).join(", ")}`);
    if (request.method !== "POST") throw new Refusal(405, "write POST", { allow: "POST" });
    requireAllowed(request, options);
    if (!endpoint.types.includes(type))
      throw new Refusal(415, `write Content-Type: ${endpoint.types.join(" or ")}`);
    options.intake.requireRoom();
    return await options.bodies.with(request, (body) => endpoint.take(body, type));
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(500, "the request could not be handled");
    // One who left in the middle is no fault of ours.
    if (refusal !== error && !request.destroyed) options.onError(error);
    if (endpoint === undefined) return refusedAsJson(refusal);
    return endpoint.refuse(refusal, endpoint.types.includes(type) ? type : endpoint.types[0]!);
  }
}

function healthAnswer({ method }: IncomingMessage, { health }: ServerOptions): Answer {
  if (method === "GET") return health();
  if (method === "HEAD") return { ...health(), body: "" };
  return jsonAnswer(405, { error: "write GET" }, { allow: "GET, HEAD" });
}

function requireAllowed({ headers }: IncomingMessage, { allows }: ServerOptions): void {
  // A page in a browser of this machine reaches loopback addresses too, and always says where it is from.
  if (headers.origin !== undefined) throw new Refusal(403, "web pages may not send");
  if (allows?.(headers.authorization) === false)
    throw new Refusal(401, "write Authorization: Bearer and the token", { "www-authenticate": "Bearer" });
}
