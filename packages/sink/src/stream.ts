import type { ConfigurationProblem, Endpoint, Topology } from "@streamll/core";
import { withLabel } from "./endpoint/parse-endpoint.js";
import { isReserved, isTooLong, RESERVED } from "./names.js";
import type { OptionName, ResolvedOptions } from "./options/table.js";
import { type FromOption, mergeArguments } from "./queue-arguments.js";
import { streams } from "./transport/known.js";

/** What must be on the broker for a stream, in RabbitMQ's own terms: a queue, or as many as there are partitions. */
export function streamTopology(values: ResolvedOptions): {
  readonly topology: Topology;
  readonly problems: readonly ConfigurationProblem[];
} {
  const { declareTopology: mode, stream, exchange, superStreamPartitions, queueArguments } = values;
  const name = stream ?? exchange;
  const problems: ConfigurationProblem[] = [];
  const type: FromOption = ["useStreams", "x-queue-type", "stream"];
  const args = mergeArguments(queueArguments, [type, ...retention(values)], problems);
  // So the broker has it of its own when it makes a super stream.
  const partitionArgs = { "x-queue-leader-locator": "balanced", ...args };
  if (isReserved(name))
    problems.push({ option: stream === undefined ? "exchange" : "stream", message: RESERVED });
  if (superStreamPartitions === undefined) {
    if (name === "") problems.push({ option: "stream", message: "is missing, and so is exchange: name it" });
    return { topology: { mode, exchanges: [], queues: [{ name, arguments: args }], bindings: [] }, problems };
  }
  const partitions = Array.from({ length: superStreamPartitions }, (_, index) => `${name}-${index}`);
  if (name === "" || isTooLong(partitions.at(-1)!)) {
    problems.push({
      option: "stream",
      message: "the name of a super stream with its partition has 1 to 255 bytes",
    });
  }
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

function retention(values: ResolvedOptions): FromOption[] {
  const { streamMaxAgeHours: age, streamMaxSegmentSize: segment, streamMaxBytes: bytes } = values;
  const all: FromOption[] = [];
  if (age !== undefined) all.push(["streamMaxAgeHours", "x-max-age", `${Math.ceil(age / 1000)}s`]);
  if (segment !== undefined) all.push(["streamMaxSegmentSize", "x-stream-max-segment-size-bytes", segment]);
  if (bytes !== undefined) all.push(["streamMaxBytes", "x-max-length-bytes", bytes]);
  return all;
}

const SCHEMES: Readonly<Record<string, string>> = { amqp: "rabbitmq-stream", amqps: "rabbitmq-stream+tls" };

/**
 * Where streams are spoken: an AMQP URL names the host and the virtual host, and streams have a port of their own.
 * What its AMQP port is says the query, for what RabbitMQ before 3.13 makes over AMQP alone.
 */
export function streamEndpoint(endpoint: Endpoint, ssl: boolean | undefined): Endpoint {
  const { port, path, query } = endpoint;
  const fromAmqp = SCHEMES[endpoint.scheme];
  const scheme = ssl === true ? "rabbitmq-stream+tls" : (fromAmqp ?? endpoint.scheme);
  const own = streams.ports![scheme];
  const place = { ...endpoint, scheme, path: path === "/" ? "" : path };
  if (fromAmqp === undefined)
    return withLabel({ ...place, ...(own && port === undefined ? { port: own } : {}) });
  return withLabel({ ...place, port: own!, query: { ...query, amqp_port: String(port) } });
}

/** Options of queues, and what a stream has instead. */
const strange: Partial<Record<OptionName, string>> = {
  queue: "a stream is named by stream, and has no queue behind it",
  queueType: "a stream is a type of its own, replicated as the cluster is set up",
  exchangeType: "events go to the stream itself, through no exchange",
  exchangeArguments: "events go to the stream itself, through no exchange",
  connectionPoolSize: "a stream has one connection, a super stream one for each of superStreamPartitions",
  amqpVersion: "streams have a protocol of their own",
};

/** Options that the user set and streams cannot honour, beyond what their capabilities say. */
export function strangeToStreams(
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
  endpoints: readonly Endpoint[],
): ConfigurationProblem[] {
  const problems = (Object.keys(strange) as OptionName[])
    .filter((option) => isSet(option) && values[option] !== false)
    .map((option) => ({ option, message: strange[option]! }));
  if (!values.durable)
    problems.push({ option: "durable", message: "is false, and a stream is always on disk" });
  const other = endpoints.find(({ scheme }) => !(scheme in SCHEMES || streams.schemes.includes(scheme)));
  if (other !== undefined)
    problems.push({
      option: "amqpUrl",
      message: `a stream is no part of ${other.label}: write rabbitmq-stream://`,
    });
  return problems;
}
