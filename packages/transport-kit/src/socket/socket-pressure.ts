import type { Writable } from "node:stream";
import type { Flow } from "@streamll/core";

/** With more than this waiting for the network, in bytes, a connection takes nothing more until it has drained. */
export const HIGH_WATER_MARK = 1024 * 1024;

/** How long a connection that ended may take to send what was written, in milliseconds. */
export const CLOSE_GRACE_MS = 1000;

/** Tells the engine how much a connection takes; see {@link socketFlow}. */
export interface SocketFlow {
  /** For `onFlow` of a connection. */
  onFlow(listener: (flow: Flow) => void): void;
  /** Tells the present state: call it at each change that is not the socket's own. */
  tell(): void;
  /** Tells it where the socket became full, or has room again: call it after each write. */
  checkRoom(): void;
}

/**
 * Stops the engine while more than {@link HIGH_WATER_MARK} waits in a socket.
 *
 * @param flowOf the state of the connection; `undefined` where there is none to tell any more.
 * @param isFull of what holds back bytes of its own before the socket.
 * @example
 * const flow = socketFlow(socket, (full) => ({ credit: full ? 0 : Number.POSITIVE_INFINITY }));
 * return { onFlow: flow.onFlow, publish(batch, settle) { write(batch); flow.checkRoom(); } };
 */
export function socketFlow(
  socket: Writable,
  flowOf: (full: boolean) => Flow | undefined,
  isFull: () => boolean = () => false,
): SocketFlow {
  let listener: ((flow: Flow) => void) | undefined;
  let full = false;

  function tell(): void {
    const flow = flowOf(full);
    if (flow !== undefined) listener?.(flow);
  }

  function checkRoom(): void {
    const wasFull = full;
    full = socket.writableLength > HIGH_WATER_MARK || isFull();
    if (full !== wasFull) tell();
  }
  socket.on("drain", checkRoom);

  return {
    tell,
    checkRoom,
    onFlow(tellNow) {
      listener = tellNow;
      tell();
    },
  };
}

const nothing = Buffer.alloc(0);

/**
 * Calls back once the network has taken all that was written so far: at once where nothing waits, and never where the
 * socket fails before. It is when a message is `written`, with confirms off.
 */
export function afterDrain(socket: Writable, then: () => void): void {
  if (socket.writableLength === 0) return then();
  socket.write(nothing, (error) => {
    if (!error) then();
  });
}

/** Resolves when the signal aborts, for a race with what `close(signal)` waits for. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** Lets what was written leave, for {@link CLOSE_GRACE_MS}, and then calls `destroy`: a dead peer cannot hold a socket. */
export function destroyAfterGrace(socket: Writable, destroy: () => void): void {
  const timer = setTimeout(destroy, CLOSE_GRACE_MS).unref();
  socket.once("close", () => clearTimeout(timer));
}

/**
 * Lets what is written to a socket in this turn leave together, in one call to the system: a batch is often followed by
 * others.
 */
export function corkForTurn(socket: Writable): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}
