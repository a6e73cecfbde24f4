import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { PageFile } from "../page-files.js";
import { type Actions, act } from "./actions.js";
import { type Follow, stream } from "./live.js";

/** Bytes of the token, which is the first part of every path. */
const TOKEN_BYTES = 18;
const MOST_CONNECTIONS = 64;

const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
} as const;

export interface UiServer {
  readonly server: Server;
  /** The first part of every path; who does not have it sees nothing. */
  readonly token: string;
}

/** What stands behind the page. */
export interface Behind {
  readonly files: ReadonlyMap<string, PageFile>;
  /** Streams of messages, by path. `undefined`: there is none for these parameters. */
  readonly streams: Readonly<Record<string, (query: URLSearchParams) => Follow | undefined>>;
  /** Single answers, by path: JSON. */
  readonly answers: Readonly<Record<string, (query: URLSearchParams) => string | undefined>>;
  /** What changes something: asked for by POST, from the page alone. */
  readonly actions: Actions;
}

/** The page and what it asks for. It is for one machine: another `Host`, or a path without the token, gets nothing. */
export function uiServer(behind: Behind): UiServer {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    response.on("error", () => {});
    answer(request, response, token, behind);
  });
  server.maxConnections = MOST_CONNECTIONS;
  return { server, token };
}

function answer(request: IncomingMessage, response: ServerResponse, token: string, behind: Behind): void {
  const refuse = (status: number, text: string) =>
    response.writeHead(status, { ...headers, "content-type": "text/plain" }).end(text);
  // A name that an attacker's DNS points here arrives with that name.
  if (!isOurs(request)) return void refuse(421, "write http://127.0.0.1 and the port");
  const target = `http://localhost${request.url}`;
  if (!request.url?.startsWith("/") || !URL.canParse(target)) return void refuse(400, "write a path");
  const url = new URL(target);
  const [, given = "", name = "", ...more] = url.pathname.split("/");
  if (!isEqual(given, token)) return void refuse(404, "open the whole URL that the command has printed");
  if (more.length > 0) return void refuse(404, "not found");
  const own = <T>(table: Readonly<Record<string, T>>) =>
    Object.hasOwn(table, name) ? table[name] : undefined;
  const action = request.method === "POST" ? own(behind.actions) : undefined;
  if (action !== undefined) return void act(request, response, headers, action);
  if (request.method !== "GET") return void refuse(404, "not found");
  const file = behind.files.get(name === "" ? "index.html" : name);
  if (file !== undefined)
    return void response.writeHead(200, { ...headers, "content-type": file.type }).end(file.body);
  const follow = own(behind.streams)?.(url.searchParams);
  if (follow !== undefined) return stream(response, follow, headers);
  const json = own(behind.answers)?.(url.searchParams);
  if (json === undefined) return void refuse(404, "not found");
  response.writeHead(200, { ...headers, "content-type": "application/json" }).end(json);
}

function isOurs({ headers: { host, origin }, socket }: IncomingMessage): boolean {
  const hosts = [`127.0.0.1:${socket.localPort}`, `localhost:${socket.localPort}`];
  return (
    hosts.includes(host ?? "") && (origin === undefined || hosts.some((one) => origin === `http://${one}`))
  );
}

/** Takes as long wherever they differ. */
function isEqual(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
