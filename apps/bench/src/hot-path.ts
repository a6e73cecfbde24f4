import type { WireEvent } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { MemoryBroker } from "@streamll/transport-memory";
import { EXCHANGE, QUEUE, ROUTING_KEY, readyEvent } from "./event.js";

/** Nanoseconds that one call takes its caller, over many calls. */
export interface Cost {
  readonly median: number;
  readonly p99: number;
}

/** One round: what the encoding alone costs, and what `handleEvent` costs with it. */
export interface HotPath {
  readonly encode: Cost;
  readonly handleEvent: Cost;
}

const CALLS = 200_000;
/** Calls of one kind in a row: what else the machine does meanwhile meets both kinds. */
const BLOCK = 1000;

type Call = (event: WireEvent) => void;

function measure(calls: readonly Call[]): Cost[] {
  const costs = calls.map(() => new Float64Array(CALLS));
  for (let first = 0; first < CALLS; first += BLOCK)
    for (const [kind, call] of calls.entries()) {
      const own = costs[kind]!;
      for (let index = first; index < first + BLOCK; index++) {
        const event = readyEvent(index);
        const before = process.hrtime.bigint();
        call(event);
        own[index] = Number(process.hrtime.bigint() - before);
      }
    }
  return costs.map((own) => {
    own.sort();
    return { median: own[CALLS / 2]!, p99: own[Math.floor(CALLS * 0.99)]! };
  });
}

let bytes = 0;
const encode: Call = (event) => {
  bytes += Buffer.from(JSON.stringify(event)).length;
};
const rounds: HotPath[] = [];
for (let round = 0; round < 6; round++) {
  const sink = new RabbitMQSink({
    amqpUrl: "memory:",
    // A broker of its own, which goes with the round: what the last one stored is no burden to the next.
    transport: new MemoryBroker().transport(),
    exchange: EXCHANGE,
    queue: QUEUE,
    routingKey: ROUTING_KEY,
    maxBufferedEvents: CALLS,
    maxBufferedBytes: "1GiB",
  });
  await sink.start();
  let refused = 0;
  const handleEvent: Call = (event) => {
    if (!sink.handleEvent(event)) refused++;
  };
  const [encoding, handing] = measure([encode, handleEvent]);
  if (refused > 0) throw new Error(`${refused} events were refused`);
  rounds.push({ encode: encoding!, handleEvent: handing! });
  await sink.stop();
}
if (bytes === 0) throw new Error("nothing was encoded");
// The first round also compiles.
process.stdout.write(JSON.stringify(rounds.slice(1)));
process.exit(0);
