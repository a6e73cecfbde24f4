import { gzipSync } from "node:zlib";
import amqplib from "amqplib";
import type { Contestant } from "../contestant.js";
import { EXCHANGE, readyEvent, routingKey } from "../event.js";
import { streamll, Window } from "../queues/contestants.js";
import { BATCH_HEADER } from "./queue.js";

interface ByHand {
  readonly size: number;
  readonly contentEncoding?: "gzip";
}

/** As a program does that puts its events together itself: an array for each message, so many events in flight as beside it. */
const byHand = (title: string, { size, contentEncoding }: ByHand): Contestant => ({
  title,
  async prepare(url) {
    const connection = await amqplib.connect(url, { noDelay: true });
    const channel = await connection.createConfirmChannel();
    const window = new Window();
    const pack = (json: string): Buffer =>
      contentEncoding === undefined ? Buffer.from(json) : gzipSync(json, { level: 1 });
    return async (from, to) => {
      for (let first = from; first < to; first += size) {
        const count = Math.min(size, to - first);
        const events = Array.from({ length: count }, (_, i) => readyEvent(first + i));
        window.add(count);
        const options = {
          persistent: true,
          mandatory: true,
          contentType: "application/json",
          headers: { [BATCH_HEADER]: count },
          ...(contentEncoding === undefined ? {} : { contentEncoding }),
        };
        const body = pack(JSON.stringify(events));
        channel.publish(EXCHANGE, routingKey(events[0]!), body, options, () => window.answered(count));
        const room = window.room();
        if (room !== undefined) await room;
      }
      await channel.waitForConfirms();
    };
  },
});

const batch = { messageFormat: "batch" } as const;
const gzip = { ...batch, compressionType: "gzip" } as const;

export const batchContestants = {
  // The buffer that it fills takes longer than the default of 20 s to drain on a slow machine.
  streamll: streamll("streamll, one event a message", { flushTimeout: 120 }),
  byHand: byHand("amqplib, arrays of 50 by hand", { size: 50 }),
  batch: streamll('streamll, `messageFormat: "batch"`', batch),
  byHand200: byHand("amqplib, arrays of 200 by hand", { size: 200 }),
  batch200: streamll("streamll, batches with `batchSize: 200`", { ...batch, batchSize: 200 }),
  gzipByHand: byHand("amqplib, arrays of 50 by hand, `gzipSync`", { size: 50, contentEncoding: "gzip" }),
  gzip: streamll('streamll, batches with `compressionType: "gzip"`', gzip),
  gzip200: streamll("streamll, batches with gzip and `batchSize: 200`", { ...gzip, batchSize: 200 }),
} as const;
