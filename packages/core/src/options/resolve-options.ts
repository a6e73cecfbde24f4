import { ConfigurationError, type ConfigurationProblem } from "../errors.js";
import type { GivenOptions, Option, OptionTable, ResolvedOptions } from "./option.js";
import { isRefusal, Refusal, shown } from "./refusal.js";

/** The value of an option, or why it is refused: the rest of a sentence that begins with the option's name. */
export function readOption({ kind, secret }: Option<unknown>, value: unknown): unknown {
  if (isRefusal(value)) return new Refusal(`${value.message}; must be ${kind.allowed}`);
  const read = kind.read(value);
  if (!isRefusal(read) || read.message !== "") return read;
  const isText = kind.conceals && typeof value === "string";
  const given = secret ? "***" : isText ? "a string" : shown(value);
  return new Refusal(`must be ${kind.allowed}; got ${given}`);
}

export const defaultOf = ({ kind, default: value }: Option<unknown>): unknown =>
  value === undefined ? undefined : kind.read(value);

/**
 * Resolves options by their table, as a sink does. For tests, and for programs that create a transport without a sink.
 *
 * @throws ConfigurationError that lists every problem.
 * @example
 * const own = resolveOptions(redisTransport.options, { maxLength: 500 });
 */
export function resolveOptions<Table extends OptionTable>(
  table: Table,
  given: GivenOptions<Table> = {},
): ResolvedOptions<Table> {
  const resolved: Record<string, unknown> = {};
  const problems: ConfigurationProblem[] = [];
  for (const [option, row] of Object.entries(table)) {
    const value = (given as Readonly<Record<string, unknown>>)[option];
    const read = value === undefined ? defaultOf(row) : readOption(row, value);
    if (isRefusal(read)) problems.push({ option, message: read.message });
    else resolved[option] = read;
  }
  const unknown = Object.keys(given).filter((option) => !Object.hasOwn(table, option));
  for (const option of unknown) problems.push({ option, message: "is not an option of this transport" });
  if (problems.length > 0) throw new ConfigurationError(problems);
  return resolved as ResolvedOptions<Table>;
}
