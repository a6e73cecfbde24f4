import { setImmediate } from "node:timers/promises";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";
import { readyEvent } from "./event.js";

/** Publishes the events `from` up to but not including `to`, and resolves when each of them is confirmed. */
export type Go = (from: number, to: number) => Promise<void>;

export interface Contestant {
  readonly title: string;
  /** A part of what the others do, for comparison: nothing reaches the broker. */
  readonly publishesNothing?: true;
  /** Each of its events takes so much longer than those of the others that its runs have this many times fewer. */
  readonly slower?: number;
  /** What must not be measured: connecting, and whatever is made in advance for so many events. */
  prepare(url: string, events: number): Promise<Go>;
}

/** Publishes through a sink, as a program does that waits where there is no room. */
export const throughSink = (title: string, optionsFor: (url: string) => RabbitMQSinkOptions): Contestant => ({
  title,
  async prepare(url) {
    const sink = new RabbitMQSink(optionsFor(url));
    await sink.start();
    return async (from, to) => {
      for (let index = from; index < to; index++) {
        while (!sink.handleEvent(readyEvent(index))) await sink.ready();
        // The others wait for their window here; a program that never lets go of the event loop sends nothing.
        if (index % 500 === 499) await setImmediate();
      }
      const report = await sink.flush();
      if (report.failed + report.pending > 0) throw new Error(`not delivered: ${JSON.stringify(report)}`);
    };
  },
});
