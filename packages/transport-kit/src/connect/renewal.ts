import type { Login } from "./login.js";

const MINUTE = 60_000;
/** setTimeout fires at once for more. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What {@link renewBeforeExpiry} does with a connection. */
export interface RenewalSteps {
  /** A password that is valid from now on. */
  ask(): Promise<Login>;
  /** Tells it to the broker. */
  update(login: Login): Promise<unknown>;
  /** The connection outlives its right to be there. */
  failed(error: unknown): void;
  /** While the broker reads nothing from this connection, it does not read a new secret either. */
  blocked(): boolean;
}

/**
 * Asks for a new password a minute before the old one expires, or with a fifth of its life left. Nothing happens where the first
 * one does not expire.
 *
 * @returns stops it: call it at the end of the connection.
 */
export function renewBeforeExpiry(first: Login, steps: RenewalSteps): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const wait = (milliseconds: number) => {
    timer = setTimeout(renew, Math.min(milliseconds, LONGEST_TIMER)).unref();
  };
  const schedule = ({ expiresAt }: Login) => {
    if (expiresAt === undefined || stopped) return;
    const left = expiresAt - Date.now();
    // Never in a tight loop, also where a provider keeps giving what has expired.
    wait(Math.max(left - Math.min(MINUTE, left / 5), 1000));
  };
  const renew = async () => {
    if (steps.blocked()) return wait(1000);
    try {
      const login = await steps.ask();
      if (stopped) return;
      await steps.update(login);
      schedule(login);
    } catch (error) {
      if (!stopped) steps.failed(error);
    }
  };

  schedule(first);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
