import type { RabbitMQSinkOptions } from "@streamll/sink";
import { type Contestant, throughSink } from "../contestant.js";
import { EXCHANGE, QUEUE, ROUTING_KEY } from "../event.js";
import { STREAM } from "../streams/stream.js";
import { type Mode, modes, spoolFor, titles } from "./modes.js";

const through = (options: RabbitMQSinkOptions) =>
  Object.fromEntries(
    modes.map((mode) => [
      mode,
      throughSink(titles[mode], (amqpUrl) => ({ amqpUrl, ...options, ...spoolFor(mode) })),
    ]),
  ) as Record<Mode, Contestant>;

/** The same sink with and without a spool. What its buffer holds may take longer to drain than 20 s on a slow machine. */
export const spoolContestants = through({
  ...{ exchange: EXCHANGE, queue: QUEUE, routingKey: ROUTING_KEY, flushTimeout: 120 },
});

/** With the batches that make a stream fastest. */
export const spoolStreamContestants = through({
  ...{ stream: STREAM, routingKey: ROUTING_KEY, batchSize: 500, maxInFlight: 20_000, flushTimeout: 120 },
});
