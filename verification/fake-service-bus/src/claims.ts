import type { Connection } from "rhea";
import { type Claim, covers, type Right, resourceOf } from "./tokens.js";

/** What each connection may do: its tokens, the last of each resource. */
export interface Claims {
  /** The namespace as the client names it in its open. */
  hostOf(connection: Connection): string;
  allow(connection: Connection, address: string, right: Right): boolean;
  /** @param expired called when its time is up. */
  put(connection: Connection, claim: Claim, expired?: () => void): void;
}

export function createClaims(host: string): Claims {
  const claims = new WeakMap<Connection, Claim[]>();
  const hostOf = (connection: Connection) => resourceOf(connection.hostname || host);
  return {
    hostOf,
    allow(connection, address, right) {
      const resource = `${hostOf(connection)}/${address.toLowerCase()}`;
      const now = Date.now();
      return (claims.get(connection) ?? []).some(
        (claim) => claim.expiresAt > now && claim.rights.includes(right) && covers(claim, resource),
      );
    },
    put(connection, claim, expired) {
      const others = (claims.get(connection) ?? []).filter(({ resource }) => resource !== claim.resource);
      claims.set(connection, [...others, claim]);
      if (!expired) return;
      setTimeout(expired, Math.min(claim.expiresAt - Date.now() + 1, longest)).unref();
    },
  };
}

/** What a timer of Node takes. */
const longest = 2 ** 31 - 1;
