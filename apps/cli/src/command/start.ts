import type { Logger } from "@streamll/core";
import { Failure } from "../exit.js";
import type { Notes } from "../notes.js";
import { toldIfSlow, waitingFor } from "../patience.js";
import { inFlags } from "./in-flags.js";

/** A sink or a consumer. */
export interface Startable {
  start(): Promise<void>;
  stop(): Promise<unknown>;
  health(): {
    readonly connectionsOpen?: number;
    readonly subscribed?: boolean;
    readonly lastError?: { readonly message: string };
  };
}

/**
 * A user who mistyped a host wants an error, not to wait.
 *
 * @param waiting told where the broker takes long to answer.
 */
export async function connect(
  started: Startable,
  interrupted: AbortSignal,
  waiting: () => void,
): Promise<void> {
  const stop = () => void started.stop();
  interrupted.addEventListener("abort", stop);
  try {
    await toldIfSlow(started.start(), waiting);
    const { connectionsOpen = 0, subscribed = connectionsOpen > 0, lastError } = started.health();
    if (!subscribed && lastError !== undefined && !interrupted.aborted) {
      throw new Failure(`${inFlags(lastError.message)} (--wait-for-broker keeps trying)`);
    }
  } catch (error) {
    await started.stop();
    // Whoever pressed Ctrl-C knows why it was not connected.
    if (!interrupted.aborted) throw error;
  } finally {
    interrupted.removeEventListener("abort", stop);
  }
}

/** What `explain()` tells of a sink or a consumer. */
interface Explained {
  readonly endpoints: readonly string[];
  readonly options: { readonly waitForBroker: { readonly value?: unknown } };
}

/** Tells that a broker is waited for. */
export const waitingNote =
  (notes: Notes, { endpoints: [label = "the broker"], options }: Explained, quiet: boolean) =>
  (): void => {
    if (!quiet) notes.info(waitingFor(label, options.waitForBroker.value === true));
  };

/**
 * Failures before the first connection are the command's own error. A filling buffer is not a problem here, since reading
 * waits for room, and a sender is told to.
 */
export function loggerTo(notes: Notes): { logger: Logger; started(): void } {
  let started = false;
  const forward =
    (level: "warn" | "error"): Logger["warn"] =>
    (fields, message) => {
      if (fields.line === "buffer_filling") return;
      if (started || !("endpoint" in fields)) notes[level](inFlags(message));
    };
  const logger = { debug() {}, info() {}, warn: forward("warn"), error: forward("warn") };
  return {
    logger,
    started() {
      started = true;
    },
  };
}
