import { type IncomingMessage, request as requestHttp } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import { isIPv6 } from "node:net";
import { type Credentials, type Endpoint, TransportError, type TransportOptions } from "@streamll/core";
import type { Arguments } from "../command/arguments.js";
import { UsageError } from "../exit.js";
import { keptLogin } from "./kept-login.js";

/** What the broker's HTTP API answered, or why it could not be asked. */
export type Answer =
  | { readonly kind: "answered"; readonly status: number; readonly value: unknown; readonly date: Date }
  | { readonly kind: "unknown"; readonly why: string };

/** Asks for a path below `/api/`, whose names are percent-encoded. Never rejects. */
export type Ask = (path: string) => Promise<Answer>;

const TIMEOUT_MS = 5000;
/** A page of 500 queues with statistics has about a megabyte. */
const MOST_BYTES = 16 * 1024 * 1024;

/** @throws UsageError for a URL that is none. */
export function managementUrlIn(args: Arguments, env: NodeJS.ProcessEnv): URL | undefined {
  const text = args.get("management-url") ?? env.STREAMLL_MANAGEMENT_URL;
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new UsageError("--management-url must be a URL such as http://localhost:15672");
}

/**
 * The HTTP API of RabbitMQ's plugin rabbitmq_management, with the login of the broker.
 *
 * @param named its URL, with a login of its own where it has one; else the usual port of the endpoint's host: 15672,
 *   with TLS 15671, and 443 of a provider.
 */
export function managementOf(
  named: URL | undefined,
  endpoint: Endpoint,
  { tls, credentials }: TransportOptions,
  provider?: string,
): Ask {
  // A broker in the process has no host, and is asked nothing.
  if (named === undefined && endpoint.host === "")
    return async () => ({ kind: "unknown", why: "a broker in the process has no management API" });
  const url = named ?? usualUrl(endpoint, tls !== undefined, provider);
  const login = keptLogin(async () => (url.username === "" ? credentials?.() : loginIn(url)));
  return async function asked(path): Promise<Answer> {
    try {
      const kept = login();
      const answer = await ask(url, loginText(endpoint, await kept.given), path, tls);
      if (answer.kind === "answered") kept.hasWorked = true;
      else if (kept.hasWorked) {
        // It works no longer: a new one may.
        kept.until = 0;
        return await asked(path);
      }
      return answer;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Of who was asked for the password.
      if (error instanceof TransportError) return { kind: "unknown", why: message };
      return { kind: "unknown", why: `${url.origin} does not answer (${code ?? message})` };
    }
  };
}

function loginIn({ username, password }: URL): Credentials {
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** As `USER:PASSWORD`. */
const loginText = (
  { username = "guest", password = "guest" }: Endpoint,
  given: Credentials | undefined,
): string => `${given?.username ?? username}:${given?.password ?? password}`;

function usualUrl({ host, scheme }: Endpoint, encrypted: boolean, provider: string | undefined): URL {
  const name = isIPv6(host) ? `[${host}]` : host;
  if (provider !== undefined) return new URL(`https://${name}`);
  return new URL(encrypted || scheme === "amqps" ? `https://${name}:15671` : `http://${name}:15672`);
}

function ask(url: URL, auth: string, path: string, tls: TransportOptions["tls"]): Promise<Answer> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const target = new URL(`${url.pathname.replace(/\/$/, "")}/api/${path}`, url.origin);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return new Promise((resolve, reject) => {
    const sent = request(target, { ...(tls as RequestOptions), auth, signal, agent: false }, (response) =>
      resolve(read(response)),
    );
    sent.on("error", reject).end();
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const date = new Date(headers.date ?? Number.NaN);
  if (status === 401 || status === 403) {
    response.destroy();
    return { kind: "unknown", why: WITHOUT_TAG };
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error("its answer is longer than 16 MiB");
    chunks.push(chunk);
  }
  return { kind: "answered", status, value: JSON.parse(Buffer.concat(chunks).toString("utf8")), date };
}

const WITHOUT_TAG = 'the user is not let into the management API: it needs the tag "monitoring"';

/** Names as they stand in a path. */
export const path = (...names: readonly string[]): string => names.map(encodeURIComponent).join("/");
