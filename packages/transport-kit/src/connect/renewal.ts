import { type Endpoint, TransportError, type TransportOptions } from "@streamll/core";
import { within } from "./deadline.js";
import { type Login, login } from "./login.js";

const MINUTE = 60_000;
/** No request follows another sooner: also where a provider keeps giving what has expired. */
const LEAST_WAIT = 1000;
/** setTimeout fires at once for more. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * When a password that expires at `expiresAt` is to be renewed: a minute before, or with a fifth of its life left. Both are of
 * the system's clock, in milliseconds.
 */
export const renewalAt = (expiresAt: number): number =>
  expiresAt - Math.min(MINUTE, (expiresAt - Date.now()) / 5);

/** What {@link renewBeforeExpiry} does with a connection. */
export interface RenewalSteps {
  /** A password that is valid from now on. */
  ask(): Promise<Login>;
  /** Tells it to the broker. */
  update(login: Login): Promise<unknown>;
  /** The password is about to expire, and there is no new one. */
  failed(error: unknown): void;
  /** While the broker reads nothing from this connection, it does not read a new secret either. */
  blocked(): boolean;
}

/**
 * Asks for a new password at the time of {@link renewalAt}, and again while the old one lives where a step fails. Nothing
 * happens where the first one does not expire.
 *
 * @returns stops it: call it at the end of the connection.
 */
export function renewBeforeExpiry(first: Login, steps: RenewalSteps): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const renewAfter = (milliseconds: number, expiresAt: number) => {
    const ms = Math.min(Math.max(milliseconds, LEAST_WAIT), LONGEST_TIMER);
    timer = setTimeout(renew, ms, expiresAt).unref();
  };
  const schedule = ({ expiresAt }: Login) => {
    if (expiresAt === undefined || stopped) return;
    renewAfter(renewalAt(expiresAt) - Date.now(), expiresAt);
  };
  const renew = async (expiresAt: number) => {
    if (steps.blocked()) return renewAfter(LEAST_WAIT, expiresAt);
    try {
      const login = await steps.ask();
      if (stopped) return;
      await steps.update(login);
      schedule(login);
    } catch (error) {
      if (stopped) return;
      const left = expiresAt - Date.now();
      if (left < LEAST_WAIT) steps.failed(error);
      else renewAfter(left / 2, expiresAt);
    }
  };

  schedule(first);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** A connection whose login is renewed. */
export interface RenewableConnection extends Omit<RenewalSteps, "ask"> {
  readonly options: TransportOptions;
  readonly endpoint: Endpoint;
  /** Settles when the connection can no longer be used. */
  readonly ended: Promise<unknown>;
}

/** As {@link renewBeforeExpiry}, with the credentials of the options; each step within the time that connecting has. */
export function renewLogin(first: Login, connection: RenewableConnection): void {
  const { options, endpoint, ended, update, failed, blocked } = connection;
  const { connectionTimeoutMs: ms } = options;
  const life = new AbortController();
  const late = () =>
    new TransportError(
      "auth",
      `${endpoint.label}: no new password within ${ms} ms. Check the credentials function, and whether the broker answers`,
    );
  const bounded = <T>(step: Promise<T>) => within(ms, life.signal, late, step);
  const stop = renewBeforeExpiry(first, {
    ask: () => bounded(login(options, endpoint)),
    update: (next) => bounded(update(next)),
    failed,
    blocked,
  });
  void ended.then(() => {
    life.abort();
    stop();
  });
}
