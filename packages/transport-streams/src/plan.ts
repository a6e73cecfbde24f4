import {
  ConfigurationError,
  type ConfigurationProblem,
  type Topology,
  type TransportOptions,
} from "@streamll/core";
import type { StreamArguments } from "./protocol/stream.js";

/** Which streams there are to be, read from a topology in RabbitMQ's own terms. */
export interface StreamPlan {
  readonly mode: Topology["mode"];
  /** A lane's is at its index. */
  readonly streams: readonly string[];
  readonly arguments: StreamArguments;
  /** The streams are its partitions. */
  readonly superStream?: { readonly name: string; readonly bindingKeys: readonly string[] };
}

/**
 * A queue of the topology is a stream; its exchange, where it has one, the super stream of all of them. Without
 * any, the stream is named as the exchange of the messages.
 *
 * @throws ConfigurationError for arguments that a stream does not have: RabbitMQ 3.10 does not answer to a bad one
 *   but restarts its listener, for everybody.
 */
export function planOf({ topology, message }: Pick<TransportOptions, "topology" | "message">): StreamPlan {
  const { mode, queues, exchanges, bindings } = topology;
  const problems: ConfigurationProblem[] = [];
  const streams = queues.length > 0 ? queues.map(({ name }) => name) : [message.exchange];
  for (const stream of streams) {
    if (stream === "" || Buffer.byteLength(stream) > 255)
      problems.push({ option: "stream", message: "the name of a stream has 1 to 255 bytes" });
  }
  const args = argumentsOf(queues[0]?.arguments ?? {}, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const [exchange] = exchanges;
  const plan = { mode, streams, arguments: args };
  if (exchange === undefined) return plan;
  const bindingKeys = streams.map(
    (stream) => bindings.find(({ queue }) => queue === stream)?.pattern ?? stream,
  );
  return { ...plan, superStream: { name: exchange.name, bindingKeys } };
}

const whole = /^\d{1,16}$/;

/** What RabbitMQ takes when a stream is created, by the name that AMQP 0-9-1 has for it. */
const allowed: Readonly<Record<string, RegExp>> = {
  "x-max-age": /^\d{1,12}[YMDhms]$/,
  "x-max-length-bytes": whole,
  "x-stream-max-segment-size-bytes": whole,
  "x-stream-filter-size-bytes": whole,
  "x-initial-cluster-size": /^\d{1,3}$/,
  "x-queue-leader-locator": /^(client-local|balanced|least-leaders|random)$/,
};

function argumentsOf(
  given: Readonly<Record<string, unknown>>,
  problems: ConfigurationProblem[],
): StreamArguments {
  const args: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (name === "x-queue-type" && value === "stream") continue;
    const form = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (form?.test(String(value))) args[name.slice(2)] = String(value);
    else {
      const message = form
        ? `${name} cannot be ${JSON.stringify(value)}`
        : `a stream has no ${name}; it has ${Object.keys(allowed).join(", ")}`;
      problems.push({ option: "queueArguments", message });
    }
  }
  return args;
}
