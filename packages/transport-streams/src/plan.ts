import {
  ConfigurationError,
  type ConfigurationProblem,
  type Topology,
  type TransportOptions,
} from "@streamll/core";
import type { StreamArguments } from "./protocol/stream.js";
import { protocolArguments } from "./stream-arguments.js";

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
      problems.push({ option: "stream", message: "the name of a stream must have 1 to 255 bytes" });
  }
  const args = protocolArguments(queues[0]?.arguments ?? {}, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const [exchange] = exchanges;
  const plan = { mode, streams, arguments: args };
  if (exchange === undefined) return plan;
  const bindingKeys = streams.map(
    (stream) => bindings.find(({ queue }) => queue === stream)?.pattern ?? stream,
  );
  return { ...plan, superStream: { name: exchange.name, bindingKeys } };
}
