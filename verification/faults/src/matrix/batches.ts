import type { RabbitMQSinkOptions } from "@streamll/sink";
import type { Difference, Fault } from "../fault.js";
import { brokerFaults } from "./broker.js";

const batches: RabbitMQSinkOptions = { messageFormat: "batch", compressionType: "gzip" };

const inBatches = ({ options, fast: _, ...difference }: Difference): Difference => ({
  ...difference,
  ...(options && { options: { ...options, ...batches } }),
});

/** Faults of the broker, by their numbers there, brought about again with several events in a message. */
export const batchFaults: readonly Fault[] = Object.entries({ 55: 1, 56: 5, 57: 8 }).map(([number, of]) => {
  const { over, fast: _, ...fault } = brokerFaults.find((one) => one.number === of)!;
  const { amqp, streams } = over;
  return {
    ...fault,
    number: Number(number),
    title: `${fault.title}, in compressed batches`,
    options: { ...fault.options, ...batches },
    over: { ...(amqp && { amqp: inBatches(amqp) }), ...(streams && { streams: inBatches(streams) }) },
  };
});
