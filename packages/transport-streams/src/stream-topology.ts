import type { ConfigurationProblem, SharedOptions, Topology } from "@streamll/core";
import { type ResolvedOptions, shown } from "@streamll/core/options";
import type { streamOptions } from "./options.js";
import { protocolArguments } from "./stream-arguments.js";

type Own = ResolvedOptions<typeof streamOptions>;

/** What must be on the broker for a stream, in RabbitMQ's own terms: a queue, or as many as there are partitions. */
export function streamTopology(
  own: Own,
  { exchange, queueArguments, declareTopology: mode }: SharedOptions,
): { readonly topology: Topology; readonly problems: ConfigurationProblem[] } {
  const { stream, superStreamPartitions } = own;
  const name = stream ?? exchange;
  const problems: ConfigurationProblem[] = [];
  const args = streamArguments(own, queueArguments, problems);
  if (name.startsWith("amq.")) {
    const message = "must not begin with amq., which is reserved for the broker";
    problems.push({ option: stream === undefined ? "exchange" : "stream", message });
  }
  if (superStreamPartitions === undefined) {
    if (name === "")
      problems.push({
        option: "stream",
        message: 'is missing; write the name of a stream such as "streamll_events"',
      });
    return { topology: { mode, exchanges: [], queues: [{ name, arguments: args }], bindings: [] }, problems };
  }
  const partitions = Array.from({ length: superStreamPartitions }, (_, index) => `${name}-${index}`);
  if (name === "" || Buffer.byteLength(partitions.at(-1)!) > 255) {
    const message = "the name of a super stream and its partition must have 1 to 255 bytes";
    problems.push({ option: "stream", message });
  }
  // The broker sets the same when it makes a super stream itself.
  const partitionArgs = { "x-queue-leader-locator": "balanced", ...args };
  const topology: Topology = {
    mode,
    exchanges: [{ name, type: "direct", arguments: { "x-super-stream": true } }],
    queues: partitions.map((partition) => ({ name: partition, arguments: partitionArgs })),
    bindings: partitions.map((queue, index) => ({
      exchange: name,
      queue,
      pattern: String(index),
      arguments: { "x-stream-partition-order": index },
    })),
  };
  return { topology, problems };
}

/** The user's own arguments with those that stand for options. */
function streamArguments(
  { streamMaxAgeHours: age, streamMaxSegmentSize: segment, streamMaxBytes: bytes }: Own,
  given: SharedOptions["queueArguments"],
  problems: ConfigurationProblem[],
): Record<string, unknown> {
  const problem = (message: string) => problems.push({ option: "queueArguments", message });
  const args: Record<string, unknown> = { ...given };
  const set = (option: string, argument: string, value: unknown) => {
    const own = args[argument];
    if (own !== undefined && own !== value)
      problem(`${argument} is ${shown(own)}, and ${option} makes it ${shown(value)}: leave out one of them`);
    args[argument] = value;
  };
  set("useStreams", "x-queue-type", "stream");
  if (age !== undefined) set("streamMaxAgeHours", "x-max-age", `${Math.ceil(age / 1000)}s`);
  if (segment !== undefined) set("streamMaxSegmentSize", "x-stream-max-segment-size-bytes", segment);
  if (bytes !== undefined) set("streamMaxBytes", "x-max-length-bytes", bytes);
  protocolArguments(args, problems);
  return args;
}
