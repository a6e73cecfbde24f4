import { ConfigurationError, type ConfigurationProblem } from "@streamll/core";
import { redactedDeeply } from "@streamll/core/internal";
import { closestName } from "./closest-name.js";
import { isRecord } from "./kinds.js";
import { type Kind, Refusal, shown } from "./option.js";
import { type OptionName, optionNames, type ResolvedOptions, rowOf } from "./table.js";

/** Where a value comes from. */
export interface Origin {
  /** `derived`: the sink worked it out from other options. */
  readonly from: "default" | "derived" | "option" | "environment" | "URL";
  /** The environment variable. */
  readonly variable?: string;
}

export interface ReadOptions {
  /** What was wrong has its default. */
  readonly values: ResolvedOptions;
  /** Of the options that the user set. */
  readonly origins: Map<OptionName, Origin>;
  readonly problems: ConfigurationProblem[];
}

/** On the options that `sinkOptionsFromEnv` gives: the variable of each. */
export const variablesOf: unique symbol = Symbol("streamll.variables");

/** Reads what the user gave by the table. All problems are told together. */
export function readOptions(given: Readonly<Record<string, unknown>>): ReadOptions {
  if (!isRecord(given)) {
    const message = `what was given is no object; write new RabbitMQSink({ amqpUrl: "amqp://…" })`;
    throw new ConfigurationError([{ option: "options", message }]);
  }
  const variables = (given as { [variablesOf]?: Partial<Record<string, string>> })[variablesOf] ?? {};
  const values: Record<string, unknown> = { ...defaults() };
  const origins = new Map<OptionName, Origin>();
  const problems: ConfigurationProblem[] = [];
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!isOption(option)) {
      const meant = closestName(option, optionNames);
      const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
      problems.push({ option, message: `is no option of RabbitMQSink${hint}` });
      continue;
    }
    const variable = variables[option];
    const read = readValue(option, value);
    if (read instanceof Refusal) problems.push({ option: variable ?? option, message: read.message });
    else values[option] = read;
    origins.set(option, variable === undefined ? { from: "option" } : { from: "environment", variable });
  }
  return { values: values as unknown as ResolvedOptions, origins, problems };
}

/** The value, or why not in a whole sentence. */
export function readValue(option: OptionName, value: unknown): unknown {
  const { kind, secret } = rowOf(option);
  if (value instanceof Refusal) return new Refusal(`${value.message}; allowed is ${kind.allowed}`);
  const read = kind.read(value);
  if (!(read instanceof Refusal)) return read;
  if (read.message !== "") return read;
  const isText = kind.conceals && typeof value === "string";
  const given = secret ? "***" : isText ? "a string" : shown(value);
  return new Refusal(`${given} is not allowed; allowed is ${kind.allowed}`);
}

const isOption = (name: string): name is OptionName => optionNames.includes(name as OptionName);

function defaults(): Record<string, unknown> {
  return Object.fromEntries(
    optionNames.map((option) => {
      const row = rowOf(option);
      return [option, row.default === undefined ? undefined : row.kind.read(row.default)];
    }),
  );
}

/** A resolved value as `explain()` shows it. */
export function showValue(option: OptionName, value: unknown): unknown {
  const { kind, secret } = rowOf(option);
  if (value === undefined) return undefined;
  if (secret) return "***";
  const { show = redactedDeeply } = kind as Kind<unknown>;
  return show(value);
}
