import { createHmac } from "node:crypto";

/** A policy of the namespace or of an entity: its name, and its key as the portal shows it. */
export interface SharedAccessKey {
  readonly name: string;
  readonly key: string;
}

const PREFIX = "SharedAccessSignature ";

/** Whether a password is a token that somebody else made. */
export const isSasToken = (password: string): boolean => password.startsWith(PREFIX);

/**
 * A token that lets its bearer do what the key's policy grants on `audience`, until `expiresAt` (milliseconds since
 * 1970, to the second). The key signs as the text that it is: it looks like base64, and is not decoded.
 */
export function sasToken({ name, key }: SharedAccessKey, audience: string, expiresAt: number): string {
  const resource = encodeURIComponent(audience);
  const expiry = Math.floor(expiresAt / 1000);
  const signature = createHmac("sha256", key).update(`${resource}\n${expiry}`).digest("base64");
  return `${PREFIX}sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${encodeURIComponent(name)}`;
}

/** When a token expires, in milliseconds since 1970; `undefined` where it does not say so. */
export function sasExpiry(token: string): number | undefined {
  const seconds = Number(new URLSearchParams(token.slice(PREFIX.length)).get("se") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
