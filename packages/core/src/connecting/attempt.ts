import { isStreamllError, isTransportError } from "../copies.js";
import type { Clock } from "../delivery/clock.js";
import { textOf } from "../error-text.js";
import { TransportError } from "../errors.js";

/** Extra time beyond the transport's own timeout, whose error is more precise. This is for a transport that hangs. */
const GRACE_MS = 1000;

interface Closable {
  close(signal: AbortSignal): Promise<void>;
}

export type Attempt<T> = { readonly opened: T } | { readonly error: TransportError };

export interface AttemptSetup<T> {
  readonly clock: Clock;
  readonly connectionTimeoutMs: number;
  /** The endpoint without its password. */
  readonly label: string;
  /** Aborts the attempt. */
  readonly stopping: AbortSignal;
  open(signal: AbortSignal): Promise<T>;
  /** Closes what is opened too late. */
  discard(late: T): void;
}

/** Opens a connection within its time limit. Never rejects: every failure is classified. */
export async function attempt<T>(setup: AttemptSetup<T>): Promise<Attempt<T>> {
  const { clock, connectionTimeoutMs, label, stopping, open, discard } = setup;
  const aborter = new AbortController();
  const abort = () => aborter.abort();
  stopping.addEventListener("abort", abort);
  if (stopping.aborted) abort();
  const cancel = clock.after(connectionTimeoutMs + GRACE_MS, abort);
  const message = `no connection to ${label} within ${connectionTimeoutMs / 1000} s`;
  const late = { error: new TransportError("timeout", message) };
  let over = false;
  const aborted = whenAborted(aborter.signal).then((): Attempt<T> => {
    over = true;
    return late;
  });
  const opening = new Promise<T>((resolve) => resolve(open(aborter.signal))).then(
    (opened): Attempt<T> => {
      if (!over) return { opened };
      discard(opened);
      return late;
    },
    (error: unknown): Attempt<T> => (aborter.signal.aborted ? late : { error: asTransportError(error) }),
  );
  const result = await Promise.race([opening, aborted]);
  cancel();
  stopping.removeEventListener("abort", abort);
  return result;
}

export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Whether every address refused permanently, for example because of a wrong password or a missing package. */
export const isRefusedForGood = (errors: readonly TransportError[]): boolean =>
  errors.length > 0 && errors.every((error) => error.permanent);

/** The broker accepted login and declarations, so what ended the connection later does not prevent opening it again. */
export const temporary = (error: TransportError): TransportError =>
  error.permanent ? new TransportError(error.kind, error.message, { cause: error.cause }) : error;

export function asTransportError(error: unknown): TransportError {
  if (isTransportError(error)) return error;
  // Connecting again cannot repair a missing package or a wrong option.
  const permanent = isStreamllError(error);
  return new TransportError("protocol", textOf(error), { cause: error, permanent });
}

/** Closes the connection at once, without waiting. */
export function discard(connection: Closable): void {
  void closed(connection, AbortSignal.abort());
}

/** Waits for `close()`, and ignores what it throws, as the transport may have faults. */
export async function closed(connection: Closable, signal: AbortSignal): Promise<void> {
  try {
    await connection.close(signal);
  } catch {
    // The connection is dropped in any case.
  }
}
