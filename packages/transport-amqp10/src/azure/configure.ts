import type {
  ConfigurationProblem,
  ConfigurationRequest,
  Endpoint,
  Topology,
  TransportConfiguration,
} from "@streamll/core";
import { compileTemplate } from "@streamll/core/internal";
import type { serviceBusOptions } from "./options.js";

type Request = ConfigurationRequest<typeof serviceBusOptions>;

const HTTPS_PORT = 443;

/** Works out of a sink's options which queue or topic its events go to, and how the namespace is reached. */
export function configure(request: Request): TransportConfiguration {
  const { own, shared, endpoints } = request;
  const exchange = chosenExchange(request) || entityOf(endpoints);
  return {
    problems: [
      ...addressProblems(request),
      ...entityProblems(request),
      ...keyProblems(request),
      ...loginProblems(request),
    ],
    exchange,
    topology: topologyOf(exchange, shared.routingKey),
    endpoints: endpoints.map((endpoint) =>
      own.webSocket !== false && endpoint.port === undefined ? { ...endpoint, port: HTTPS_PORT } : endpoint,
    ),
  };
}

/** The default of the exchange is RabbitMQ's, and means nothing here. */
const chosenExchange = ({ shared, isSet }: Request): string => (isSet("exchange") ? shared.exchange : "");

/** What a URL or a connection string names behind the host: a queue or topic. */
const entityOf = ([endpoint]: readonly Endpoint[]): string =>
  endpoint === undefined || endpoint.path === "/" ? "" : endpoint.path;

/**
 * The queue or topic is the exchange, else what the URL names, else the routing key of each event. What is known before
 * the first event must be there; nothing is declared.
 */
function topologyOf(exchange: string, routingKey: string): Topology {
  const isConstant = compileTemplate(routingKey).placeholders.length === 0;
  const entity = exchange || (isConstant ? routingKey : "");
  const queues = entity === "" ? [] : [{ name: entity, arguments: {} }];
  return { mode: "passive", exchanges: [], queues, bindings: [] };
}

function addressProblems({ isSet, endpoints }: Request): ConfigurationProblem[] {
  const problem = (message: string) => [{ option: "amqpUrl", message }];
  if (!isSet("amqpUrl"))
    return problem("names no namespace of Azure Service Bus: write amqps://NAMESPACE.servicebus.windows.net");
  const other = endpoints.find(({ scheme }) => scheme !== "amqp" && scheme !== "amqps");
  return other ? problem(`${other.label} is not an address of Azure Service Bus: write amqps://`) : [];
}

function entityProblems(request: Request): ConfigurationProblem[] {
  const { shared, isSet, endpoints } = request;
  const exchange = chosenExchange(request);
  const named = entityOf(endpoints);
  if (shared.source !== undefined) return namesOther(named, shared.source);
  if (named !== "" && exchange !== "" && exchange !== named) {
    const message = `amqpUrl names ${JSON.stringify(named)}: leave out one of them`;
    return [{ option: "exchange", message }];
  }
  if (exchange !== "" || named !== "" || (isSet("routingKey") && shared.routingKey !== "")) return [];
  const message =
    "names the queue or topic on Azure Service Bus: set it, or exchange, or EntityPath in amqpUrl";
  return [{ option: "routingKey", message }];
}

/** A consumer says by `queue` what it reads. */
function namesOther(named: string, queue: string): ConfigurationProblem[] {
  if (named === "" || named.toLowerCase() === queue.toLowerCase()) return [];
  const message = `amqpUrl names ${JSON.stringify(named)}: leave out one of them`;
  return [{ option: "queue", message }];
}

function keyProblems({ own: { sessionId, partitionKey } }: Request): ConfigurationProblem[] {
  if (sessionId === undefined || partitionKey === undefined || sessionId === partitionKey) return [];
  const message =
    "the service refuses an event whose partition key is not its session: write the template of sessionId, or leave this out";
  return [{ option: "partitionKey", message }];
}

function loginProblems({ own, isSet, endpoints }: Request): ConfigurationProblem[] {
  if (!isSet("amqpUrl")) return [];
  const byIdentity = own.authProvider !== undefined || own.credential !== undefined;
  const hasKey =
    isSet("credentials") ||
    endpoints.some(({ username, password }) => username !== undefined || password !== undefined);
  if (byIdentity && hasKey) {
    const option = own.authProvider === undefined ? "credential" : "authProvider";
    const message = "a key and an identity exclude each other: leave out user and password, or this";
    return [{ option, message }];
  }
  const isKeyless = endpoints.some(({ password = "" }) => password === "");
  if (byIdentity || isSet("credentials") || !isKeyless) return [];
  const message =
    "there is no key for Azure Service Bus: give a connection string, username and password, or authProvider";
  return [{ option: "amqpUrl", message }];
}
