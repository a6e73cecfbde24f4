import { isStreamllError, isTransportError } from "../copies.js";
import type { Clock } from "../delivery/clock.js";
import { textOf } from "../error-text.js";
import { TransportError } from "../errors.js";

/** A transport keeps its own time and can say where it was lost; this is for one that does not end. */
const GRACE_MS = 1000;

interface Closable {
  close(signal: AbortSignal): Promise<void>;
}

export type Attempt<T> = { readonly opened: T } | { readonly error: TransportError };

export interface AttemptSetup<T> {
  readonly clock: Clock;
  readonly connectionTimeoutMs: number;
  /** Of the endpoint, without a password. */
  readonly label: string;
  /** Gives the attempt up. */
  readonly stopping: AbortSignal;
  open(signal: AbortSignal): Promise<T>;
  /** Of what is opened too late. */
  discard(late: T): void;
}

/** Opens a connection, within its time. Never rejects: whatever goes wrong is classified. */
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

/** Every address refuses for good: a wrong password, a missing package. */
export const isRefusedForGood = (errors: readonly TransportError[]): boolean =>
  errors.length > 0 && errors.every((error) => error.permanent);

/** The broker took the login and the declaration: what ended the connection later is no reason not to open it again. */
export const temporary = (error: TransportError): TransportError =>
  error.permanent ? new TransportError(error.kind, error.message, { cause: error.cause }) : error;

export function asTransportError(error: unknown): TransportError {
  if (isTransportError(error)) return error;
  // A missing package or a wrong option: connecting again cannot mend it.
  const permanent = isStreamllError(error);
  return new TransportError("protocol", textOf(error), { cause: error, permanent });
}

/** Closes it at once, and waits for nothing. */
export function discard(connection: Closable): void {
  void closed(connection, AbortSignal.abort());
}

/** Whatever close() does: the transport may be somebody's first. */
export async function closed(connection: Closable, signal: AbortSignal): Promise<void> {
  try {
    await connection.close(signal);
  } catch {
    // It is let go of all the same.
  }
}
