import type { ConfigurationProblem, Endpoint, Topology } from "@streamll/core";
import { compileTemplate } from "@streamll/core/internal";
import { isAmqp } from "./endpoint/parse-endpoint.js";
import type { OptionName, ResolvedOptions } from "./options/table.js";

/** What a URL or a connection string names behind the host: a queue or topic. */
export const entityOf = (endpoints: readonly Endpoint[]): string => {
  const path = endpoints[0]?.path ?? "";
  return path === "/" ? "" : path;
};

/**
 * The queue or topic is the exchange, else what the URL names, else the routing key of each event. What is known before
 * the first event must be there; nothing is declared.
 */
export function serviceBusTopology({ exchange, routingKey }: ResolvedOptions): Topology {
  const isConstant = compileTemplate(routingKey).placeholders.length === 0;
  const entity = exchange || (isConstant ? routingKey : "");
  const queues = entity === "" ? [] : [{ name: entity, arguments: {} }];
  return { mode: "passive", exchanges: [], queues, bindings: [] };
}

/** Options that the user set and Service Bus cannot honour, or needs, beyond what its capabilities say. */
export function strangeToServiceBus(
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
  endpoints: readonly Endpoint[],
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem = (option: OptionName, message: string) => problems.push({ option, message });
  if (!isSet("amqpUrl"))
    problem(
      "amqpUrl",
      "names no namespace of Azure Service Bus: write amqps://NAMESPACE.servicebus.windows.net",
    );
  if (values.amqpVersion === "0-9-1") problem("amqpVersion", "Azure Service Bus speaks AMQP 1.0");
  const other = endpoints.find(({ scheme }) => !isAmqp(scheme));
  if (other) problem("amqpUrl", `${other.label} is no address of Azure Service Bus: write amqps://`);
  const entity = entityOf(endpoints);
  if (entity !== "" && values.exchange !== "" && values.exchange !== entity)
    problem("exchange", `amqpUrl names ${JSON.stringify(entity)}: leave one of them out`);
  if (values.exchange === "" && entity === "" && (values.routingKey === "" || !isSet("routingKey"))) {
    const message =
      "names the queue or topic on Azure Service Bus: set it, or exchange, or EntityPath in amqpUrl";
    problem("routingKey", message);
  }
  const { sessionId, partitionKey } = values;
  if (sessionId !== undefined && partitionKey !== undefined && sessionId !== partitionKey)
    problem(
      "partitionKey",
      "the service refuses an event whose partition key is not its session: give the template of sessionId, or leave this out",
    );
  if (isSet("amqpUrl")) problems.push(...loginProblems(values, endpoints));
  return problems;
}

function loginProblems(
  { authProvider, credential, credentials, username, password }: ResolvedOptions,
  endpoints: readonly Endpoint[],
): ConfigurationProblem[] {
  const byIdentity = authProvider !== undefined || credential !== undefined;
  const hasKey = username !== undefined || password !== undefined || credentials !== undefined;
  if (byIdentity && hasKey) {
    const message = "a key and an identity exclude each other: leave out user and password, or this";
    return [{ option: authProvider === undefined ? "credential" : "authProvider", message }];
  }
  const isKeyless = endpoints.some((endpoint) => (endpoint.password ?? "") === "");
  if (byIdentity || credentials !== undefined || !isKeyless) return [];
  const message =
    "there is no key for Azure Service Bus: give a connection string, username and password, or authProvider";
  return [{ option: "amqpUrl", message }];
}
