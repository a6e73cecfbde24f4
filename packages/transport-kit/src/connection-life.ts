import type { TransportError } from "@streamll/core";
import { aborted } from "./socket/socket-pressure.js";

/** What only the protocol knows of a connection's end. */
export interface LifeSetup {
  /** Settles when the connection is gone, whoever ended it: `closed` gives this error where nothing told it to close. */
  readonly gone: Promise<TransportError>;
  /** Says goodbye to the peer, and resolves once everything that is in flight was answered. */
  goodbye(): unknown;
  /** Ends the connection at once, so that `gone` settles. Called at the end of each `close`, also when it is gone. */
  destroy(): void;
}

/** `closed` and `close` of a connection, as the seam requires them. */
export interface ConnectionLife {
  /** For `closed` of a connection. */
  readonly closed: Promise<TransportError | undefined>;
  /** For `close` of a connection. */
  close(signal: AbortSignal): Promise<void>;
  /** The connection was told to close: publish nothing more. */
  isClosing(): boolean;
  /** From now on its end is one in good order, as after `close`. */
  expectEnd(): void;
}

/**
 * `closed` and `close` of a connection: says goodbye once, waits for what is in flight until the signal aborts, and then
 * ends it. An end that `close` brought about is in good order, any other has its error.
 *
 * @example
 * const life = connectionLife({ gone, goodbye: () => ask("CLOSE"), destroy: () => client.end() });
 * return { closed: life.closed, close: life.close, publish, onFlow };
 */
export function connectionLife({ gone, goodbye, destroy }: LifeSetup): ConnectionLife {
  let closing = false;
  let isGone = false;
  let leaving: Promise<unknown> | undefined;
  const closed = gone.then((error) => {
    isGone = true;
    return closing ? undefined : error;
  });
  return {
    closed,
    isClosing: () => closing,
    expectEnd() {
      closing = true;
    },
    async close(signal) {
      if (!isGone && !signal.aborted) {
        closing = true;
        leaving ??= (async () => goodbye())().catch(() => {});
        await Promise.race([leaving, closed, aborted(signal)]);
      }
      closing = true;
      destroy();
      await closed;
    },
  };
}
