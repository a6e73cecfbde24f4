import { ConfigurationError, type ConfigurationProblem } from "@streamll/core";
import { redactedDeeply } from "@streamll/core/internal";
import {
  defaultOf,
  isRecord,
  isRefusal,
  type Kind,
  type ResolvedOptions,
  readOption,
} from "@streamll/core/options";
import type { Row, Rows } from "./row.js";

/** Where a value comes from. */
export interface Origin {
  /** `derived`: worked out from other options. */
  readonly from: "default" | "derived" | "option" | "environment" | "URL";
  /** The environment variable. */
  readonly variable?: string;
}

/** What the user gave, read by the rows that all transports share. */
export interface ReadOptions<Table extends Rows> {
  /** An option that was refused has its default. */
  readonly values: ResolvedOptions<Table>;
  /** Of every option that the user set, whether or not it is one of the rows. */
  readonly origins: Map<string, Origin>;
  /** What is not one of the rows, unread. */
  readonly rest: ReadonlyMap<string, unknown>;
  readonly problems: ConfigurationProblem[];
}

/** On the options that come from the environment: the variable of each. */
export const variablesOf: unique symbol = Symbol("streamll.variables");

/**
 * Reads what the user gave. All problems are reported together.
 *
 * @param example shown where that is not an object.
 * @throws ConfigurationError where that is not an object.
 */
export function readOptions<Table extends Rows>(
  table: Table,
  given: Readonly<Record<string, unknown>>,
  example: string,
): ReadOptions<Table> {
  if (!isRecord(given))
    throw new ConfigurationError([{ option: "options", message: `must be an object: write ${example}` }]);
  const variables = (given as { [variablesOf]?: Partial<Record<string, string>> })[variablesOf] ?? {};
  const values: Record<string, unknown> = {};
  for (const [option, row] of Object.entries(table)) values[option] = defaultOf(row);
  const origins = new Map<string, Origin>();
  const rest = new Map<string, unknown>();
  const problems: ConfigurationProblem[] = [];
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const variable = Object.hasOwn(variables, option) ? variables[option] : undefined;
    origins.set(option, variable === undefined ? { from: "option" } : { from: "environment", variable });
    if (!Object.hasOwn(table, option)) {
      rest.set(option, value);
      continue;
    }
    const read = readOption(table[option]!, value);
    if (isRefusal(read)) problems.push({ option: variable ?? option, message: read.message });
    else values[option] = read;
  }
  return { values: values as ResolvedOptions<Table>, origins, rest, problems };
}

/** A resolved value as `explain()` shows it. */
export function showValue({ kind, secret }: Row, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (secret) return "***";
  const { show = redactedDeeply } = kind as Kind<unknown>;
  return show(value);
}
