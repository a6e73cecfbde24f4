import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { RabbitMQSink } from "@streamll/sink";

/**
 * Sends each line of an NDJSON file once, however often the program is killed and started again: the stream remembers
 * how far it is. One program at a time may run under a name.
 */
export const importSink = (amqpUrl: string, publisherName: string): RabbitMQSink =>
  new RabbitMQSink({
    amqpUrl,
    stream: "orders",
    publisherName,
    superStreamPartitions: 3, // by execution: those of one order stay in order
    batchSize: 500,
  });

/**
 * How many events before the last stored one go again. A stream of one broker needs none; a replicated one may know of
 * events that a majority of its nodes did not store yet. What is there already is dropped by the stream, so that an
 * overlap costs nothing but its time.
 */
const OVERLAP = 4096;

/** Gives how many lines the file had. Each line's number is its sequence. */
export async function importLines(sink: RabbitMQSink, file: string): Promise<number> {
  const goOnAfter = Math.max(0, (await sink.lastSequence()) - OVERLAP);
  const input = await open(file);
  let line = 0;
  let failure: unknown;
  for await (const text of createInterface({ input: input.createReadStream() })) {
    if (++line <= goOnAfter) continue;
    await sink.ready();
    if (failure !== undefined) throw failure;
    sink.publish(JSON.parse(text), { sequence: line }).catch((error: unknown) => {
      failure ??= error;
    });
    if (line % 500 === 0) await new Promise(setImmediate);
  }
  return line;
}
