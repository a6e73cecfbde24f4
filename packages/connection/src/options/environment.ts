import { ConfigurationError, type ConfigurationProblem } from "@streamll/core";
import { warnProcess } from "@streamll/core/internal";
import { isRefusal, readOption } from "@streamll/core/options";
import { editDistance } from "./closest-name.js";
import { variablesOf } from "./read.js";
import type { Row, Rows } from "./row.js";

/** The environment variables of an option, the first that is set wins; none for functions and objects. */
export function variablesFor(option: string, { kind, variables = [] }: Row): readonly string[] {
  if (kind.fromText === undefined) return [];
  const byRule = `RABBITMQ_${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
  return variables.includes(byRule) ? variables : [...variables, byRule];
}

const AMAZON = "AMAZON_MQ_URL";

/** A password of Amazon MQ goes to no other broker. */
const isAmazonLogin = (variable: string): boolean => /^AMAZON_MQ_(USERNAME|PASSWORD)$/.test(variable);

/**
 * The options that environment variables set. An empty variable counts as not set.
 *
 * @throws ConfigurationError that names each variable with a bad value.
 */
export function optionsFromEnv(rows: Rows, env: NodeJS.ProcessEnv): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  const variables: Record<string, string> = {};
  const problems: ConfigurationProblem[] = [];
  const isSet = (name: string) => env[name] !== undefined && env[name] !== "";
  const url = rows.amqpUrl && variablesFor("amqpUrl", rows.amqpUrl).find(isSet);
  for (const [option, row] of Object.entries(rows)) {
    const variable = variablesFor(option, row).find(
      (name) => isSet(name) && (!isAmazonLogin(name) || url === AMAZON),
    );
    if (variable === undefined) continue;
    const value = row.kind.fromText!(env[variable]!.trim());
    const read = readOption(row, value);
    if (isRefusal(read)) problems.push({ option: variable, message: read.message });
    options[option] = value;
    variables[option] = variable;
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  warnOfNearMisses(rows, env);
  return Object.defineProperty(options, variablesOf, { value: variables });
}

/**
 * What the environment sets, with `overrides` on top; of each option, `explain()` still knows where it came from.
 *
 * @throws as {@link optionsFromEnv}.
 */
export function overEnvironment<Options extends object>(
  rows: Rows,
  overrides: Options,
  env: NodeJS.ProcessEnv,
): Options {
  const fromEnv = optionsFromEnv(rows, env);
  const set = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const variables = { ...(fromEnv as { [variablesOf]?: Record<string, string> })[variablesOf] };
  const options: Record<string, unknown> = { ...fromEnv };
  const hasUrl = set.some(([option]) => option === "amqpUrl");
  for (const [option, variable] of Object.entries(variables)) {
    if (hasUrl && isAmazonLogin(variable)) delete options[option];
  }
  for (const [option, value] of set) {
    options[option] = value;
    delete variables[option];
  }
  return Object.defineProperty(options, variablesOf, { value: variables }) as Options;
}

const isNear = (name: string, valid: string): boolean =>
  Math.abs(name.length - valid.length) <= 2 && editDistance(name, valid) <= 2;

/** Variables of the broker's own, such as `RABBITMQ_NODENAME`, are left alone. */
function warnOfNearMisses(rows: Rows, env: NodeJS.ProcessEnv): void {
  const valid = Object.entries(rows).flatMap(([option, row]) => variablesFor(option, row));
  for (const name of Object.keys(env)) {
    if (!name.startsWith("RABBITMQ_") || valid.includes(name)) continue;
    const meant = valid.find((one) => isNear(name, one));
    if (meant !== undefined) warnProcess(`${name} is not read; did you mean ${meant}?`);
  }
}
