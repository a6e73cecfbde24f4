import type { RabbitMQSinkOptions } from "@streamll/sink";
import type { Difference, Expectation, Fault } from "../fault.js";
import { brokerFaults } from "./broker.js";
import { refusals } from "./refusals.js";
import { shortages } from "./shortages.js";

/** A fault brought about again with several events in a message. */
interface Again {
  readonly number: number;
  /** The number of the same fault with an event in a message. */
  readonly of: number;
  readonly in: "batches" | "compressed batches";
  /** Default: all that the fault has. */
  readonly over?: readonly string[];
  readonly options?: RabbitMQSinkOptions;
  readonly expect?: Expectation;
}

const again: readonly Again[] = [
  { number: 55, of: 1, in: "compressed batches", over: ["amqp", "streams"] },
  { number: 56, of: 5, in: "compressed batches" },
  { number: 57, of: 8, in: "compressed batches", over: ["amqp", "streams"] },
  {
    number: 58,
    of: 21,
    in: "batches",
    // A broker counts messages, and refuses all events of one. They are tried again, fewer together.
    options: { queueArguments: { "x-max-length": 5, "x-overflow": "reject-publish" } },
    expect: { failed: { RETRIES_EXHAUSTED: "some" } },
  },
  // A batch without the large event is below the limit of 10,000 bytes, and one with it is above.
  { number: 59, of: 24, in: "batches", options: { batchSize: 10 } },
  { number: 60, of: 26, in: "batches" },
  { number: 61, of: 31, in: "batches" },
];

const faults: readonly Fault[] = [...brokerFaults, ...shortages, ...refusals];

export const batchFaults: readonly Fault[] = again.map(
  ({ number, of, in: format, options, expect, ...one }) => {
    const { over, fast: _, ...fault } = faults.find((one) => one.number === of)!;
    const batches: RabbitMQSinkOptions = {
      messageFormat: "batch",
      ...(format === "compressed batches" && { compressionType: "gzip" }),
      ...options,
    };
    const inBatches = ({ options: own, fast, ...difference }: Difference): Difference => ({
      ...difference,
      ...(own && { options: { ...own, ...batches } }),
    });
    return {
      ...fault,
      number,
      title: `${fault.title}, in ${format}`,
      options: { ...fault.options, ...batches },
      expect: { ...fault.expect, ...expect },
      over: Object.fromEntries(
        Object.entries(over)
          .filter(([protocol]) => one.over?.includes(protocol) ?? true)
          .map(([protocol, difference]) => [protocol, inBatches(difference)]),
      ),
    };
  },
);
