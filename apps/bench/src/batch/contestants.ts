import { gzipSync } from "node:zlib";
import amqplib from "amqplib";
import type { Contestant } from "../contestant.js";
import { EXCHANGE, readyEvent, routingKey } from "../event.js";
import { streamll, Window } from "../queues/contestants.js";
import { BATCH_HEADER } from "./queue.js";

interface ByHand {
  readonly size: number;
  readonly contentEncoding?: "gzip";
  /** The clock starts when all bodies are made. */
  readonly isEncoded?: true;
}

/** So many events are encoded in advance, and then sent again. */
const ENCODED = 10_000;

/** As a program does that puts its events together itself: an array for each message, so many events in flight as beside it. */
const byHand = (title: string, { size, contentEncoding, isEncoded }: ByHand): Contestant => ({
  title,
  async prepare(url, total) {
    const connection = await amqplib.connect(url, { noDelay: true });
    const channel = await connection.createConfirmChannel();
    const window = new Window();
    const pack = (json: string): Buffer =>
      contentEncoding === undefined ? Buffer.from(json) : gzipSync(json, { level: 1 });
    const bodyOf = (first: number, count: number): Buffer =>
      pack(JSON.stringify(Array.from({ length: count }, (_, i) => readyEvent(first + i))));
    const encoded = new Map<number, Buffer>();
    if (isEncoded)
      for (let first = 0; first < Math.min(total, ENCODED); first += size)
        encoded.set(first, bodyOf(first, size));
    return async (from, to) => {
      for (let first = from; first < to; first += size) {
        const count = Math.min(size, to - first);
        window.add(count);
        const options = {
          persistent: true,
          mandatory: true,
          contentType: "application/json",
          headers: { [BATCH_HEADER]: count },
          ...(contentEncoding === undefined ? {} : { contentEncoding }),
        };
        const body = encoded.get(first % ENCODED) ?? bodyOf(first, count);
        channel.publish(EXCHANGE, routingKey(readyEvent(first)), body, options, () => window.answered(count));
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
  streamll: { ...streamll("streamll, one event a message", { flushTimeout: 120 }), slower: 4 },
  byHand: byHand("amqplib, arrays of 50 by hand", { size: 50 }),
  batch: streamll('streamll, `messageFormat: "batch"`', batch),
  replay: byHand("amqplib, arrays of 50 encoded in advance (the ceiling)", { size: 50, isEncoded: true }),
  byHand200: byHand("amqplib, arrays of 200 by hand", { size: 200 }),
  batch200: streamll("streamll, batches with `batchSize: 200`", { ...batch, batchSize: 200 }),
  gzipByHand: byHand("amqplib, arrays of 50 by hand, `gzipSync`", { size: 50, contentEncoding: "gzip" }),
  gzip: streamll('streamll, batches with `compressionType: "gzip"`', gzip),
  gzip200: streamll("streamll, batches with gzip and `batchSize: 200`", { ...gzip, batchSize: 200 }),
} as const;
