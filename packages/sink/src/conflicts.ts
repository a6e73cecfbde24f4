import type { ConfigurationProblem, Endpoint, Transport, TransportFactory } from "@streamll/core";
import { DELAYED } from "./exchange-type.js";
import { type OptionName, optionNames, type ResolvedOptions, rowOf } from "./options/table.js";
import { strangeToServiceBus } from "./service-bus.js";
import { strangeToStreams } from "./stream.js";
import { type Choice, capabilitiesOf, nameOf, speaksServiceBus, speaksStreams } from "./transport/choose.js";
import { streams } from "./transport/known.js";

/** What the transport learns at its creation, and so not one that the user made. */
const learntAtCreation: readonly OptionName[] = [
  "amqpVersion",
  "authProvider",
  "credential",
  "credentials",
  "ssl",
  "sslVerify",
  "tls",
  "heartbeat",
  "webSocket",
  "connectionName",
  "exchange",
  "exchangeType",
  "exchangeArguments",
  "queue",
  "queueArguments",
  "queueType",
  "declareTopology",
  "durable",
  "messageTtl",
  "queuePriority",
  "deadLetterExchange",
  "deadLetterRoutingKey",
  "deadLetterQueue",
  "publisherConfirms",
  "mandatory",
  "appId",
  "useStreams",
  "stream",
  "streamMaxAgeHours",
  "streamMaxSegmentSize",
  "streamMaxBytes",
  "superStreamPartitions",
  "publisherName",
  "streamFilter",
  "streamAddressResolver",
];

/** Options that say opposite things. */
export function contradictions(
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
  endpoints: readonly Endpoint[],
  choice: Choice | undefined,
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem = (option: OptionName, message: string) => problems.push({ option, message });
  if (isSet("credentials")) {
    for (const option of ["username", "password"] as const) {
      if (isSet(option)) problem(option, "credentials gives it: leave one of them out");
    }
  }
  if (isSet("useStreams") && !values.useStreams) {
    const asking = optionNames.filter((option) => rowOf(option).package === streams.packageName);
    for (const option of asking) {
      if (option !== "useStreams" && isSet(option) && values[option] !== false)
        problem(option, "asks for a stream, and useStreams is false: leave one of them out");
    }
  }
  if (values.retryBackoffMs > values.maxRetryBackoffMs) {
    problem(
      "retryBackoffMs",
      `${values.retryBackoffMs} ms is more than maxRetryBackoffMs, ${values.maxRetryBackoffMs} ms`,
    );
  }
  // The answer to an event that no queue takes comes with its confirm; without one it was counted as sent.
  if (values.mandatory === true && !values.publisherConfirms) {
    problem("mandatory", "needs publisherConfirms, which is false: leave one of them out");
  }
  // It gives back each message that it holds, and stores it all the same.
  if (values.mandatory === true && values.exchangeType === DELAYED) {
    problem("mandatory", `an exchange of type "${DELAYED}" gives back what it has stored: leave this out`);
  }
  const [encrypted] = endpoints.filter((endpoint) => asksForTls(endpoint, choice));
  if (values.ssl === false && encrypted !== undefined)
    problem("ssl", `is false, and ${encrypted.label} asks for TLS: leave it out`);
  if (!isEncrypted(values, endpoints, choice)) {
    const tlsScheme = choice?.kind === "factory" ? choice.factory.tlsSchemes?.[0] : "amqps";
    const plain =
      choice?.kind === "factory" && choice.factory.tlsSchemes === undefined
        ? `the transport ${nameOf(choice)} has no TLS: its factory names no tlsSchemes`
        : `there is no TLS here: use ${tlsScheme ?? "amqps"}://, or ssl: true`;
    if (isSet("tls")) problem("tls", plain);
    if (!values.sslVerify) problem("sslVerify", plain);
  }
  return problems;
}

export function isEncrypted(
  values: ResolvedOptions,
  endpoints: readonly Endpoint[],
  choice: Choice | undefined,
): boolean {
  return values.ssl === true || endpoints.some((endpoint) => asksForTls(endpoint, choice));
}

const asksForTls = ({ scheme }: Endpoint, choice: Choice | undefined): boolean =>
  scheme === "amqps" ||
  scheme.endsWith("+tls") ||
  (choice?.kind === "factory" && choice.factory.tlsSchemes?.includes(scheme) === true);

/** Options that the user set and the transport cannot honour. */
export function powerless(
  choice: Choice,
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
  endpoints: readonly Endpoint[],
): ConfigurationProblem[] {
  const transport = `the transport ${nameOf(choice)}`;
  if (choice.kind === "given") {
    const late = `${transport} is made already: give it to its own constructor, or pass a factory in transports`;
    return learntAtCreation.filter(isSet).map((option) => ({ option, message: late }));
  }
  if (choice.kind === "factory" && !speaksStreams(choice)) {
    return strangeToFactory(choice.factory, transport, values, isSet);
  }
  const capabilities = capabilitiesOf(choice);
  const problems =
    capabilities === undefined ? [] : beyond({ name: nameOf(choice), capabilities }, values, isSet);
  if (choice.kind === "known" && choice.known.name === "memory" && values.ssl === true) {
    problems.push({ option: "ssl", message: `${transport} is in this process and has no TLS` });
  }
  if (speaksServiceBus(choice)) problems.push(...strangeToServiceBus(values, isSet, endpoints));
  if (speaksStreams(choice)) problems.push(...strangeToStreams(values, isSet, endpoints));
  return problems;
}

/** What no capability tells of, and a transport of the user's own has only where its factory says so. */
function strangeToFactory(
  { honours = [], tlsSchemes }: TransportFactory,
  transport: string,
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
): ConfigurationProblem[] {
  const special = optionNames.filter((option) => rowOf(option).package && option !== "publisherName");
  const problems = [...special, "amqpVersion" as const]
    .filter((option) => isSet(option) && values[option] !== false && !honours.some((one) => one === option))
    .map((option) => ({
      option,
      message: `${transport} has no use for it: its factory does not name it in honours`,
    }));
  if (values.ssl === true && tlsSchemes === undefined) {
    problems.push({ option: "ssl", message: `${transport} has no TLS: its factory names no tlsSchemes` });
  }
  return problems;
}

/** Options that need what the transport does not have. */
export function beyond(
  { name, capabilities }: Pick<Transport, "name" | "capabilities">,
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  for (const option of optionNames) {
    const { needs } = rowOf(option);
    if (needs === undefined || capabilities[needs] || !isSet(option)) continue;
    if (values[option] === false || values[option] === "none") continue;
    problems.push({
      option,
      message: `the transport ${name} has no ${powers[needs]}${instead[option] ?? ""}`,
    });
  }
  if (isSet("publisherName") && values.publisherName !== false && !capabilities.deduplication) {
    problems.push({ option: "publisherName", message: `the transport ${name} deduplicates nothing` });
  }
  return problems;
}

const powers = {
  confirms: "publisher confirms",
  mandatory: "way to give back what no queue takes",
  priority: "priorities",
  ttl: "expiry of messages",
  deadLetter: "dead letters",
  topology: "exchanges and queues to declare",
} as const;

const instead: Partial<Record<OptionName, string>> = { messageTtl: "; a stream has streamMaxAgeHours" };
