import { RabbitMQSink } from "@streamll/sink";
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

function measure(call: (index: number) => void): Cost {
  const costs = new Float64Array(CALLS);
  for (let index = 0; index < CALLS; index++) {
    const before = process.hrtime.bigint();
    call(index);
    costs[index] = Number(process.hrtime.bigint() - before);
  }
  costs.sort();
  return { median: costs[CALLS / 2]!, p99: costs[Math.floor(CALLS * 0.99)]! };
}

const events = Array.from({ length: CALLS }, (_, index) => benchEvent(index));
let bytes = 0;
const encode = (index: number) => {
  bytes += Buffer.from(JSON.stringify(events[index])).length;
};
const rounds: HotPath[] = [];
for (let round = 0; round < 5; round++) {
  const sink = new RabbitMQSink({
    amqpUrl: "memory:",
    exchange: EXCHANGE,
    queue: QUEUE,
    routingKey: ROUTING_KEY,
    maxBufferedEvents: CALLS,
    maxBufferedBytes: "1GiB",
  });
  await sink.start();
  const before = measure(encode);
  let refused = 0;
  const handleEvent = measure((index) => {
    if (!sink.handleEvent(events[index]!)) refused++;
  });
  if (refused > 0) throw new Error(`${refused} events were refused`);
  rounds.push({ encode: before, handleEvent });
  await sink.stop();
}
if (bytes === 0) throw new Error("nothing was encoded");
// The first round also compiles.
process.stdout.write(JSON.stringify(rounds.slice(1)));
process.exit(0);
