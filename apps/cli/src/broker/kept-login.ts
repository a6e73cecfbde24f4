import type { Credentials } from "@streamll/core";
import { renewalAt } from "@streamll/transport-kit";

/** A provider that failed is asked again after so long. */
const PAUSE_MS = 10_000;

/** A user and a password that are used for many requests. */
export interface KeptLogin {
  readonly given: Promise<Credentials | undefined>;
  /** Of the clock: then it is asked for anew. */
  until: number;
  /** The other end has let it in. */
  hasWorked: boolean;
}

/** Asks for a login, and again only before it expires, or once its `until` was set back. */
export function keptLogin(ask: () => Promise<Credentials | undefined>): () => KeptLogin {
  let kept: KeptLogin | undefined;
  return () => {
    if (kept === undefined || Date.now() >= kept.until) kept = begin(ask());
    return kept;
  };
}

function begin(given: KeptLogin["given"]): KeptLogin {
  const login: KeptLogin = { given, until: Number.POSITIVE_INFINITY, hasWorked: false };
  given.then(
    (credentials) => {
      const expiresAt = credentials?.expiresAt;
      if (expiresAt !== undefined) login.until = renewalAt(expiresAt.getTime());
    },
    () => {
      login.until = Date.now() + PAUSE_MS;
    },
  );
  return login;
}
