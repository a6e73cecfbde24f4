import { TransportError } from "@streamll/core";
import { type Deadline, startDeadline } from "./deadline.js";

/** How far a connect has come. */
export type Reached = keyof typeof whereItStuck;

const whereItStuck = {
  nothing: "the host does not answer (name, address, firewall?)",
  port: "the host answers, but not to TLS: check that the server speaks TLS on this port (or whether the broker hangs)",
  host: "the host answers, the broker does not (another protocol, a TLS port, or a broker that hangs?)",
  broker: "the broker took the login, and does not answer any more (an alarm, or overload?)",
};

/** One connect under way; its deadline is ended by {@link connectWithin}. */
export interface ConnectAttempt extends Omit<Deadline, "done"> {
  /**
   * For the message of a timeout: the port took the connection, and TLS begins; the host answered, TLS included; the
   * broker took the login.
   */
  reached(place: Exclude<Reached, "nothing">): void;
  /**
   * Names how to close what was opened, should the attempt fail later or have failed meanwhile. What was opened last is
   * closed first.
   */
  onFailure(close: (error: unknown) => void): void;
}

export interface ConnectWithin {
  /** The endpoint's, for messages. */
  readonly label: string;
  /** Milliseconds for everything together: the option `connectionTimeoutMs`. */
  readonly timeoutMs: number;
  /** The one of `connect`. */
  readonly signal: AbortSignal;
  /** Puts what a step threw in the terms of the seam. */
  readonly failure: (error: unknown) => Error;
}

/**
 * What `connect` of every transport is around its own steps: one limit of time for all of them, an end when the caller
 * gives up, and nothing left open when one fails.
 *
 * @throws TransportError of kind `timeout` when the time is up, `unreachable` when `signal` aborts, else what `failure`
 * makes.
 * @example
 * connectWithin({ label, timeoutMs, signal, failure }, async (attempt) => {
 *   const socket = await attempt.race(dial(address, attempt));
 *   attempt.onFailure(() => socket.destroy());
 *   attempt.reached("host");
 *   await attempt.race(login(socket));
 *   return connectionOn(socket);
 * });
 */
export async function connectWithin<T>(
  { label, timeoutMs, signal, failure }: ConnectWithin,
  steps: (attempt: ConnectAttempt) => Promise<T>,
): Promise<T> {
  let reached: Reached = "nothing";
  const opened: ((error: unknown) => void)[] = [];
  let failed: { readonly error: unknown } | undefined;
  const deadline = startDeadline(timeoutMs, signal, ({ givenUp }) =>
    givenUp
      ? new TransportError("unreachable", `${label}: connecting was given up`)
      : new TransportError("timeout", `${label}: not connected in ${timeoutMs} ms: ${whereItStuck[reached]}`),
  );
  const attempt: ConnectAttempt = {
    signal: deadline.signal,
    race: deadline.race,
    reached: (place) => {
      reached = place;
    },
    onFailure: (close) => {
      if (failed) close(failed.error);
      else opened.unshift(close);
    },
  };
  try {
    return await deadline.race(steps(attempt));
  } catch (error) {
    failed = { error };
    for (const close of opened) close(error);
    throw deadline.signal.aborted ? deadline.signal.reason : failure(error);
  } finally {
    deadline.done();
  }
}
