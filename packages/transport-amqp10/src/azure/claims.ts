import { TransportError } from "@streamll/core";
import { textOf } from "@streamll/core/internal";
import type { Token, TokenSource } from "./token.js";

const MINUTE = 60_000;
/** setTimeout fires at once for more. */
const LONGEST_TIMER = 2 ** 31 - 1;

export interface ClaimSteps {
  readonly tokenOf: TokenSource;
  put(audience: string, token: Token): Promise<void>;
  /** Ends with the connection. */
  readonly life: AbortSignal;
  /** A renewal did not succeed; the old token still lives. */
  troubled(error: unknown): void;
  /** The last token is about to expire, and there is no new one. */
  failed(error: TransportError): void;
}

/** Keeps a valid token at the service for every audience that was ever held. */
export interface Claims {
  /** Resolves with the first token in place. @throws what the source or the service says */
  hold(audience: string): Promise<void>;
}

/** A token is renewed a quarter of an hour before it expires, or with a quarter of its life left. */
export function holdClaims({ tokenOf, put, life, troubled, failed }: ClaimSteps): Claims {
  const held = new Map<string, Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  life.addEventListener("abort", () => timers.forEach(clearTimeout), { once: true });

  function after(milliseconds: number, step: () => void): void {
    if (life.aborted) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        step();
      },
      Math.min(milliseconds, LONGEST_TIMER),
    ).unref();
    timers.add(timer);
  }

  async function claim(audience: string): Promise<void> {
    const token = await tokenOf(audience);
    await put(audience, token);
    const { expiresAt } = token;
    if (expiresAt === undefined) return;
    const left = expiresAt - Date.now();
    // Never in a tight loop, also where a source keeps giving what has expired.
    after(Math.max(left - Math.min(15 * MINUTE, left / 4), 500), () => renew(audience, expiresAt));
  }

  async function renew(audience: string, expiresAt: number): Promise<void> {
    try {
      await claim(audience);
    } catch (error) {
      if (life.aborted) return;
      const left = expiresAt - Date.now();
      if (left <= 0) return failed(unrenewed(audience, error));
      troubled(error);
      after(Math.max(Math.min(left / 2, MINUTE / 2), 100), () => renew(audience, expiresAt));
    }
  }

  return {
    hold(audience) {
      const present = held.get(audience);
      if (present !== undefined) return present;
      const holding = claim(audience);
      held.set(audience, holding);
      holding.catch(() => held.delete(audience));
      return holding;
    },
  };
}

function unrenewed(audience: string, cause: unknown): TransportError {
  const { kind, permanent } =
    cause instanceof TransportError ? cause : { kind: "auth" as const, permanent: false };
  const message = `${audience}: the token expired, and there was no new one: ${textOf(cause)}`;
  return new TransportError(kind, message, { cause, permanent });
}
