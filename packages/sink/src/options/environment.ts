import { ConfigurationError, type ConfigurationProblem } from "@streamll/core";
import { warnProcess } from "@streamll/core/internal";
import { editDistance } from "./closest-name.js";
import { Refusal } from "./option.js";
import { readValue, variablesOf } from "./read.js";
import type { RabbitMQSinkOptions } from "./sink-options.js";
import { type OptionName, optionNames, rowOf } from "./table.js";

/** The environment variables of an option, the first that is set wins; none for functions and objects. */
export function variablesFor(option: OptionName): readonly string[] {
  const { kind, variables = [] } = rowOf(option);
  if (kind.fromText === undefined) return [];
  const byRule = `RABBITMQ_${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
  return variables.includes(byRule) ? variables : [...variables, byRule];
}

const AMAZON = "AMAZON_MQ_URL";

/** A password of Amazon MQ goes to no other broker. */
const isAmazonLogin = (variable: string): boolean => /^AMAZON_MQ_(USERNAME|PASSWORD)$/.test(variable);

/**
 * The options that environment variables set: `RABBITMQ_` and the option's name, so `RABBITMQ_BATCH_SIZE` is
 * `batchSize`; `RABBITMQ_URL`, `AMAZON_MQ_URL` and `CLOUDAMQP_URL` are `amqpUrl`. `AMAZON_MQ_USERNAME` and
 * `AMAZON_MQ_PASSWORD` go with `AMAZON_MQ_URL` alone. An empty variable counts as not set. Variables of the broker's
 * own (`RABBITMQ_NODENAME`) are let be; one that is a letter or two away from a name of ours is warned of by
 * `process.emitWarning`.
 *
 * @throws ConfigurationError that names each variable with a bad value.
 * @example
 * const sink = new RabbitMQSink({ ...sinkOptionsFromEnv(), batchSize: 100 });
 */
export function sinkOptionsFromEnv(env: NodeJS.ProcessEnv = process.env): RabbitMQSinkOptions {
  const options: Record<string, unknown> = {};
  const variables: Record<string, string> = {};
  const problems: ConfigurationProblem[] = [];
  const isSet = (name: string) => env[name] !== undefined && env[name] !== "";
  const url = variablesFor("amqpUrl").find(isSet);
  for (const option of optionNames) {
    const variable = variablesFor(option).find(
      (name) => isSet(name) && (!isAmazonLogin(name) || url === AMAZON),
    );
    if (variable === undefined) continue;
    const value = rowOf(option).kind.fromText!(env[variable]!.trim());
    const read = readValue(option, value);
    if (read instanceof Refusal) problems.push({ option: variable, message: read.message });
    options[option] = value;
    variables[option] = variable;
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  warnOfNearMisses(env);
  return Object.defineProperty(options, variablesOf, { value: variables });
}

/** What the environment sets, with `overrides` on top; of each, `explain()` still knows where it came from. */
export function overEnvironment(overrides: RabbitMQSinkOptions, env: NodeJS.ProcessEnv): RabbitMQSinkOptions {
  const fromEnv = sinkOptionsFromEnv(env);
  const set = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const variables = { ...(fromEnv as { [variablesOf]?: Record<string, string> })[variablesOf] };
  const options: Record<string, unknown> = { ...fromEnv };
  for (const [option, variable] of Object.entries(variables)) {
    if (overrides.amqpUrl !== undefined && isAmazonLogin(variable)) delete options[option];
  }
  for (const [option, value] of set) {
    options[option] = value;
    delete variables[option];
  }
  return Object.defineProperty(options, variablesOf, { value: variables });
}

const isNear = (name: string, valid: string): boolean =>
  Math.abs(name.length - valid.length) <= 2 && editDistance(name, valid) <= 2;

function warnOfNearMisses(env: NodeJS.ProcessEnv): void {
  const valid = optionNames.flatMap(variablesFor);
  for (const name of Object.keys(env)) {
    if (!name.startsWith("RABBITMQ_") || valid.includes(name)) continue;
    const meant = valid.find((one) => isNear(name, one));
    if (meant !== undefined) warnProcess(`${name} is not read; did you mean ${meant}?`);
  }
}
