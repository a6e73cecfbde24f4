import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { certificates } from "@streamll/brokers";

export const CLIENT_ID = "streamll-cli";

export interface TokenService extends AsyncDisposable {
  readonly url: string;
  /** Of the authority that its certificate is from, PEM. */
  readonly ca: string;
  readonly secret: string;
  /** Requests for a token so far. */
  readonly asked: number;
  /** Seconds that its tokens live. */
  life: number;
  /** One that it issues. */
  token(seconds: number): string;
}

/**
 * An OAuth 2 service over TLS, which gives a token to who knows the secret: `/token` and `/jwks`; `/adfs` has the same as
 * an authority for Microsoft's library.
 *
 * @param issue makes tokens of another kind than those for RabbitMQ.
 */
export async function startTokenService(issue?: (seconds: number) => string): Promise<TokenService> {
  const files = await certificates();
  const { publicKey, privateKey } = newKey();
  const keys = [{ ...publicKey.export({ format: "jwk" }), kid: KEY, use: "sig", alg: "RS256" }];
  const answerTo = async (request: IncomingMessage): Promise<[status: number, body: object]> => {
    const form = new URLSearchParams(await text(request));
    if (request.url === "/jwks") return [200, { keys }];
    if (request.url?.startsWith("/adfs/")) return [200, authority(service.url)];
    service.asked++;
    const isKnown = [form.get("client_secret"), form.get("subject_token")].includes(service.secret);
    const refusal = { error: "invalid_client", error_description: "Invalid client secret.\r\nTrace ID: 1" };
    return isKnown ? [200, answerOf(service.token(service.life), service.life)] : [401, refusal];
  };
  const listening = await listen(createServer({ cert: files["cert.pem"], key: files["key.pem"] }), answerTo);
  const service: Mutable<TokenService> = {
    ...{ url: `https://localhost:${listening.port}`, ca: files["ca.pem"], asked: 0, life: 600 },
    secret: `secret-${randomUUID()}`,
    token: issue ?? ((seconds) => tokenOf(privateKey, seconds)),
    [Symbol.asyncDispose]: listening.close,
  };
  return service;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const authority = (url: string) => ({
  issuer: `${url}/adfs`,
  authorization_endpoint: `${url}/authorize`,
  token_endpoint: `${url}/token`,
  jwks_uri: `${url}/jwks`,
});

const answerOf = (token: string, seconds: number) => ({
  ...{ access_token: token, token_type: "Bearer", expires_in: seconds },
  issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
});

/** Gives a token to every program of its machine, as those of Azure and of Google do, if it asks with their header. */
export async function startMetadataServer(token: () => string): Promise<AsyncDisposable & { host: string }> {
  const listening = await listen(createHttpServer(), async ({ headers, url }) => {
    if (headers["x-identity-header"] !== "header" && headers["metadata-flavor"] !== "Google")
      return [403, {}];
    if (!url?.includes("token")) return [200, {}];
    const expires_on = String(Math.floor(Date.now() / 1000) + 600);
    return [200, { ...answerOf(token(), 600), expires_on, resource: "https://servicebus.azure.net" }];
  });
  return { host: `127.0.0.1:${listening.port}`, [Symbol.asyncDispose]: listening.close };
}

async function listen(
  server: Server,
  answerTo: (request: IncomingMessage) => Promise<[status: number, body: object]>,
) {
  server.on("request", async (request: IncomingMessage, response: ServerResponse) => {
    const [status, body] = await answerTo(request);
    const headers = { "content-type": "application/json", "metadata-flavor": "Google" };
    response.writeHead(status, headers).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const KEY = "key-1";

const newKey = () => generateKeyPairSync("rsa", { modulusLength: 2048 });

/** For a RabbitMQ whose resource server is `streamll`. */
function tokenOf(key: KeyObject, seconds: number): string {
  const rights = ["configure", "write", "read"].map((right) => `streamll.${right}:*/*/*`);
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const claims = { sub: CLIENT_ID, client_id: CLIENT_ID, aud: ["streamll"], scope: rights, exp };
  const signed = [{ alg: "RS256", typ: "JWT", kid: KEY }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
}

/** A token that looks right, and that nobody signed who may. */
export const forgedToken = (): string => tokenOf(newKey().privateKey, 600);
