import { sign } from "node:crypto";

/** How long a token lives: short, and longer than a busy machine dallies. */
export const TOKEN_MS = 10_000;

export interface Token {
  readonly password: string;
  readonly expiresAt: Date;
}

/** A new OAuth 2 token that allows everything in RabbitMQ, for the resource server "streamll". */
export function tokenFrom(privateKey: string): Token {
  const exp = Math.floor((Date.now() + TOKEN_MS) / 1000);
  const rights = ["configure", "write", "read"].map((right) => `streamll.${right}:*/*/*`);
  const claims = { iss: "bench", sub: "bench", client_id: "bench", aud: ["streamll"], scope: rights, exp };
  const text = [{ alg: "RS256", typ: "JWT", kid: "bench" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(text), privateKey).toString("base64url");
  return { password: `${text}.${signature}`, expiresAt: new Date(exp * 1000) };
}
