import type { WireEvent } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { MemoryBroker } from "@streamll/transport-memory";
import { benchEvent, EXCHANGE, QUEUE, ROUTING_KEY } from "./event.js";

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

function measure(call: (event: WireEvent) => void): Cost {
  const costs = new Float64Array(CALLS);
  for (let index = 0; index < CALLS; index++) {
    // Made here, as a program does; a list of all in advance is what the garbage collector would mark meanwhile.
    const event = benchEvent(index);
    const before = process.hrtime.bigint();
    call(event);
    costs[index] = Number(process.hrtime.bigint() - before);
  }
  costs.sort();
  return { median: costs[CALLS / 2]!, p99: costs[Math.floor(CALLS * 0.99)]! };
}

let bytes = 0;
const encode = (event: WireEvent) => {
  bytes += Buffer.from(JSON.stringify(event)).length;
};
const rounds: HotPath[] = [];
for (let round = 0; round < 5; round++) {
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
  const before = measure(encode);
  let refused = 0;
  const handleEvent = measure((event) => {
    if (!sink.handleEvent(event)) refused++;
  });
  if (refused > 0) throw new Error(`${refused} events were refused`);
  rounds.push({ encode: before, handleEvent });
  await sink.stop();
}
if (bytes === 0) throw new Error("nothing was encoded");
// The first round also compiles.
process.stdout.write(JSON.stringify(rounds.slice(1)));
process.exit(0);
