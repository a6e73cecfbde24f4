import { setImmediate } from "node:timers/promises";
import { RabbitMQSink } from "@streamll/sink";
import { MemoryBroker } from "@streamll/transport-memory";
import { EXCHANGE, QUEUE, ROUTING_KEY, readyEvent } from "../event.js";
import { type Mode, modes, spoolFor } from "./modes.js";

/** Nanoseconds that a call of `handleEvent` takes its caller: one round. Means have the writes in them that it makes itself. */
export type HandOver = Readonly<
  Record<Mode, { readonly mean: number; readonly median: number; readonly p99: number }>
>;

const CALLS = 100_000;
/** Calls of one turn of the event loop, the modes in turns. */
const TURN = 500;
const ROUNDS = 4;

async function round(): Promise<HandOver> {
  const sinks = modes.map(
    (mode) =>
      new RabbitMQSink({
        amqpUrl: "memory:",
        transport: new MemoryBroker().transport(),
        ...{ exchange: EXCHANGE, queue: QUEUE, routingKey: ROUTING_KEY, maxBufferedEvents: CALLS },
        maxBufferedBytes: "256MiB",
        ...spoolFor(mode),
      }),
  );
  for (const sink of sinks) await sink.start();
  const costs = modes.map(() => new Float64Array(CALLS));
  let refused = 0;
  for (let first = 0; first < CALLS; first += TURN)
    for (const [which, sink] of sinks.entries()) {
      const own = costs[which]!;
      for (let index = first; index < first + TURN; index++) {
        const event = readyEvent(index);
        const before = process.hrtime.bigint();
        const taken = sink.handleEvent(event);
        own[index] = Number(process.hrtime.bigint() - before);
        if (!taken) refused++;
      }
      await setImmediate();
    }
  if (refused > 0) throw new Error(`${refused} events were refused`);
  for (const sink of sinks) await sink.stop();
  const figures = modes.map((mode, which) => {
    const own = costs[which]!;
    const mean = own.reduce((sum, cost) => sum + cost, 0) / CALLS;
    own.sort();
    return [mode, { mean, median: own[CALLS / 2]!, p99: own[Math.floor(CALLS * 0.99)]! }];
  });
  return Object.fromEntries(figures) as HandOver;
}

const rounds: HandOver[] = [];
for (let n = 0; n < ROUNDS; n++) rounds.push(await round());
// The first round also compiles.
process.stdout.write(JSON.stringify(rounds.slice(1)));
process.exit(0);
