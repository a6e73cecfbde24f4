import type { ConfigurationProblem, Transport, TransportCapabilities } from "@streamll/core";
import type { Rows } from "../options/row.js";
import { type Choice, capabilitiesOf, descriptionOf, nameOf } from "./choose.js";
import { builtInTransports, streams } from "./registry.js";

/** What the user asked for, as far as a transport has to support it. */
export interface Asked {
  readonly table: Rows;
  readonly values: Readonly<Record<string, unknown>>;
  isSet(option: string): boolean;
}

/** Options that the user set and the transport cannot honour. */
export function unsupportedBy(choice: Choice, asked: Asked): ConfigurationProblem[] {
  const name = `the transport ${nameOf(choice)}`;
  if (choice.kind === "given") return notConfigurable(name, asked);
  const { tlsSchemes, unsupported = {} } = descriptionOf(choice)!;
  const problems: ConfigurationProblem[] = Object.keys(unsupported)
    .filter((option) => isAskedFor(option, asked))
    .map((option) => ({ option, message: unsupported[option]! }));
  const capabilities = capabilitiesOf(choice);
  if (capabilities !== undefined) {
    const missing = unsupportedCapabilities({ name: nameOf(choice), capabilities }, asked);
    problems.push(...missing.filter(({ option }) => !Object.hasOwn(unsupported, option)));
  }
  if (asked.values.ssl === true && tlsSchemes === undefined)
    problems.push({ option: "ssl", message: withoutTls(choice) });
  const version = versionOf(choice);
  const { amqpVersion } = asked.values;
  // One that was refused is told of already.
  if (amqpVersion !== undefined && asked.isSet("amqpVersion") && version !== amqpVersion) {
    const message = `${name} does not speak AMQP ${amqpVersion}: leave it out`;
    problems.push({ option: "amqpVersion", message });
  }
  return problems;
}

/** Options that ask for a capability which the transport does not have. */
export function unsupportedCapabilities(
  { name, capabilities }: Pick<Transport, "name" | "capabilities">,
  asked: Asked,
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  for (const [option, { needs }] of Object.entries(asked.table)) {
    if (needs === undefined || capabilities[needs] || !isAskedFor(option, asked)) continue;
    problems.push({ option, message: `the transport ${name} ${lacking[needs]}` });
  }
  return problems;
}

/** Why there is no TLS with the transport at all. */
export function withoutTls(choice: Choice): string {
  const hint = choice.kind === "factory" ? ": its factory names no tlsSchemes" : "";
  return `the transport ${nameOf(choice)} has no TLS${hint}`;
}

const lacking: Readonly<Record<keyof Omit<TransportCapabilities, "maxMessageBytes">, string>> = {
  confirms: "has no publisher confirms",
  mandatory: "cannot return messages that no queue takes",
  priority: "has no message priorities",
  ttl: "cannot expire messages",
  deadLetter: "has no dead letters",
  deduplication: "does not deduplicate",
  contentEncoding: "cannot say that a message is compressed",
  topology: "has no exchanges and queues to declare",
};

/** `false`, and `declareTopology: "none"`, ask for nothing. */
const isAskedFor = (option: string, { values, isSet }: Asked): boolean =>
  isSet(option) && values[option] !== false && values[option] !== "none";

function notConfigurable(name: string, { table, isSet }: Asked): ConfigurationProblem[] {
  const message = `${name} is made already: give it to its own constructor, or pass a factory in transports`;
  return Object.keys(table)
    .filter((option) => table[option]!.toTransport && isSet(option))
    .map((option) => ({ option, message }));
}

function versionOf(choice: Choice): string | undefined {
  const name = nameOf(choice);
  return builtInTransports.find((one) => one.name === name)?.amqpVersion;
}

/** Options of streams where the user refused streams. */
export function streamsRefused(
  choice: Choice | undefined,
  given: ReadonlyMap<string, unknown>,
  { values, isSet }: Asked,
): ConfigurationProblem[] {
  if (choice === undefined || nameOf(choice) !== streams.name) return [];
  if (!isSet("useStreams") || values.useStreams !== false) return [];
  return [...given]
    .filter(([option, value]) => Object.hasOwn(streams.options!, option) && value !== false)
    .map(([option]) => ({
      option,
      message: "asks for a stream, and useStreams is false: leave out one of them",
    }));
}
