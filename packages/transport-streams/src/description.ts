import type {
  ConfigurationProblem,
  ConfigurationRequest,
  Endpoint,
  TransportConfiguration,
  TransportDescription,
} from "@streamll/core";
import { streamOptions } from "./options.js";
import { streamTopology } from "./stream-topology.js";

const PORTS = { "rabbitmq-stream": 5552, "rabbitmq-stream+tls": 5551 };

/** AMQP URLs name host and virtual host; streams have a port of their own. */
const SCHEME_OF_AMQP: Readonly<Record<string, string>> = {
  amqp: "rabbitmq-stream",
  amqps: "rabbitmq-stream+tls",
};

const throughNoExchange = "events go to the stream itself, through no exchange";

/** What a sink has to know of streams before this transport is loaded. */
export const streamsDescription = {
  name: "streams",
  title: "RabbitMQ Streams",
  schemes: ["rabbitmq-stream"],
  tlsSchemes: ["rabbitmq-stream+tls"],
  ports: PORTS,
  query: ["amqp_port"],
  capabilities: {
    confirms: true,
    mandatory: false,
    priority: false,
    ttl: false,
    deadLetter: false,
    deduplication: true,
    contentEncoding: true,
    topology: true,
  },
  consuming: { deadLetters: false, delays: false, peek: "free", log: true },
  options: streamOptions,
  unsupported: {
    queue: "a stream is named by stream, and has no queue behind it",
    queueType: "a stream is a type of its own, replicated as the cluster is set up",
    exchangeType: throughNoExchange,
    exchangeArguments: throughNoExchange,
    connectionPoolSize: "a stream has one connection, a super stream one for each of superStreamPartitions",
    messageTtl: "a stream has no expiry of single messages: set streamMaxAgeHours instead",
  },
  configure,
} satisfies TransportDescription<typeof streamOptions>;

function configure(request: ConfigurationRequest<typeof streamOptions>): TransportConfiguration {
  const { own, shared, endpoints } = request;
  const { topology, problems } = streamTopology(own, shared);
  if (!shared.durable)
    problems.push({ option: "durable", message: "must not be false: a stream is always on disk" });
  problems.push(...endpoints.flatMap(endpointProblems));
  const partitions = topology.queues.length;
  return {
    problems,
    endpoints: endpoints.map((endpoint) => streamEndpoint(endpoint, shared.ssl)),
    topology,
    source: own.stream ?? shared.exchange,
    partitions,
    derived: { useStreams: true, stream: shared.exchange, connectionPoolSize: partitions },
  };
}

function endpointProblems({ scheme, label, query }: Endpoint): ConfigurationProblem[] {
  const problem = (message: string) => [{ option: "amqpUrl", message }];
  if (!(scheme in SCHEME_OF_AMQP || scheme in PORTS))
    return problem(`${label} has no streams: write rabbitmq-stream://`);
  if (query.amqp_port !== undefined && !/^\d{1,5}$/.test(query.amqp_port))
    return problem("amqp_port must be a port");
  return [];
}

/** The port of an AMQP URL goes into the query, for what RabbitMQ before 3.13 makes over AMQP alone. */
function streamEndpoint(endpoint: Endpoint, ssl: boolean | undefined): Endpoint {
  const { port: given, path, query } = endpoint;
  const fromAmqp = SCHEME_OF_AMQP[endpoint.scheme];
  const scheme = ssl === true ? "rabbitmq-stream+tls" : (fromAmqp ?? endpoint.scheme);
  const place = { ...endpoint, scheme, path: path === "/" ? "" : path };
  if (fromAmqp === undefined || given === undefined) return place;
  const { port: _, ...withoutPort } = place;
  return { ...withoutPort, query: { ...query, amqp_port: String(given) } };
}
