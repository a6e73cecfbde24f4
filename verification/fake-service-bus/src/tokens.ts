import { createHmac } from "node:crypto";

export type Right = "Send" | "Listen";

/** A shared access key: its secret, and what it allows. */
export interface AccessKey {
  readonly key: string;
  /** Default: both. */
  readonly rights?: readonly Right[];
}

/** What a token lets its connection do, and until when (milliseconds since 1970). */
export interface Claim {
  /** Host and path of the node, without scheme and port: it and all below it are covered. */
  readonly resource: string;
  readonly rights: readonly Right[];
  readonly expiresAt: number;
}

/** Why a token is refused, as `status-description` has it. */
export class TokenRefused extends Error {}

export const bothRights: readonly Right[] = ["Send", "Listen"];

/** @throws TokenRefused */
export function claimOfSas(token: string, keys: ReadonlyMap<string, AccessKey>): Claim {
  const [, fields] = /^SharedAccessSignature (.+)$/.exec(token) ?? [];
  if (fields === undefined) throw new TokenRefused("MalformedToken: The token is malformed.");
  // A base64 signature holds no bare "=", being percent-encoded.
  const field = Object.fromEntries(fields.split("&").map((pair) => pair.split("=", 2)));
  const { sr, sig, se, skn } = field as Record<string, string | undefined>;
  if (!sr || !sig || !se || !skn) throw new TokenRefused("MalformedToken: The token is malformed.");

  const entry = keys.get(decodeURIComponent(skn));
  // The key is taken as text, not decoded; what is signed is the resource as it stands in the token.
  if (!entry || signed(entry.key, `${sr}\n${se}`) !== decodeURIComponent(sig)) {
    throw new TokenRefused("InvalidSignature: The token has an invalid signature.");
  }
  const expiresAt = Number(se) * 1000;
  refuseExpired(expiresAt);
  return { resource: resourceOf(decodeURIComponent(sr)), rights: entry.rights ?? bothRights, expiresAt };
}

const signed = (key: string, text: string) => createHmac("sha256", key).update(text).digest("base64");

/** @throws TokenRefused */
export function refuseExpired(expiresAt: number): void {
  if (expiresAt > Date.now()) return;
  const at = new Date(expiresAt).toISOString().slice(0, 19).replace("T", " ");
  throw new TokenRefused(`ExpiredToken: The token is expired. Expiration time: '${at}Z'.`);
}

/** `sb://Host:5671/entity/` as `host/entity`. */
export const resourceOf = (uri: string): string =>
  uri
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, "")
    .replace(/:\d+/, "")
    .replace(/\/+$/, "");

export const covers = (claim: Claim, resource: string): boolean =>
  resource === claim.resource || resource.startsWith(`${claim.resource}/`);
