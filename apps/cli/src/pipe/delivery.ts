import { setImmediate } from "node:timers/promises";
import { DeliveryError } from "@streamll/core";
import type { RabbitMQSink } from "@streamll/sink";
import { inFlags } from "../command/in-flags.js";
import { whenAborted } from "../exit.js";
import type { Notes } from "../notes.js";
import { eventOfLine } from "./event-of-line.js";
import { linesOf, type PlacedLine, type Source } from "./sources.js";
import type { Tally } from "./tally.js";

/** Further problems are only counted. */
const MAX_REPORTS = 20;

export interface Delivery {
  readonly sources: readonly Source[];
  readonly sink: RabbitMQSink;
  readonly tally: Tally;
  readonly notes: Notes;
  /** Whether the first invalid line, and the first event that fails, ends it. */
  readonly onError: "fail" | "skip";
  readonly interrupted: AbortSignal;
}

/** Publishes every line at the pace of the broker, and waits for each answer. */
export async function deliver(delivery: Delivery): Promise<void> {
  const { sources, sink, tally, notes, onError, interrupted } = delivery;
  const halt = new AbortController();
  const reading = AbortSignal.any([halt.signal, interrupted]);
  let reports = 0;
  const report = (place: string, problem: string) => {
    if (++reports <= MAX_REPORTS) notes.error(`${place}: ${problem}`);
    else if (reports === MAX_REPORTS + 1) notes.error("more problems follow; they are only counted");
    if (onError === "fail") halt.abort();
  };

  const publish = async (line: PlacedLine): Promise<void> => {
    const event = eventOfLine(line);
    const { source, number } = line;
    if (typeof event === "string") {
      tally.badLines++;
      return report(`${source}:${number}`, event);
    }
    // Not raced against the signal: an interrupt stops the sink, and a stopped sink is ready.
    await sink.ready();
    if (reading.aborted) return;
    tally.events++;
    tally.bytes += "bytes" in line ? line.bytes : 0;
    sink.publish(event).then(
      (receipt) => tally.delivered(receipt),
      (error: unknown) => {
        const code = error instanceof DeliveryError ? error.code : "UNKNOWN";
        tally.fail(code);
        report(`${source}:${number}`, `${code}: ${inFlags((error as Error).message)}`);
      },
    );
  };

  const read = async () => {
    for await (const lines of linesOf(sources, reading)) {
      for (const line of lines) {
        if (reading.aborted) return;
        await publish(line);
      }
    }
  };
  try {
    // A read of a named pipe without a writer cannot be cancelled; it is left pending.
    await Promise.race([read(), whenAborted(reading)]);
  } finally {
    await settle(sink, interrupted);
  }
}

/** A slow broker gets all the time it needs while it makes progress; after a signal, only `flushTimeout`. */
async function settle(sink: RabbitMQSink, interrupted: AbortSignal): Promise<void> {
  let progress = true;
  while (progress && !interrupted.aborted) {
    const { pending, sent } = await sink.flush();
    progress = pending > 0 && sent > 0;
  }
  await sink.stop();
  // Events that the sink has settled are counted once its promises have run.
  await setImmediate();
}
