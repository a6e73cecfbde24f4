import { connectionSettings } from "@streamll/connection/internal";
import { silentLogger, type Topology, type TransportOptions } from "@streamll/core";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import { overSinkEnvironment, type Plan, resolve } from "@streamll/sink/internal";
import type { Arguments } from "../command/arguments.js";
import { sinkOptions } from "../command/sink-flags.js";
import { UsageError } from "../exit.js";

/**
 * The options of a sink that a command line sets.
 *
 * @throws UsageError for words beside them.
 */
export function writtenIn(args: Arguments): RabbitMQSinkOptions {
  if (args.positionals.length > 0)
    throw new UsageError(
      "the one word beside the options is the URL, such as amqp://localhost:5672/; a switch is written --ssl, --no-ssl or --ssl=false",
    );
  return sinkOptions(args);
}

/**
 * The options of a sink that a command line and the environment set.
 *
 * @throws UsageError as {@link writtenIn}.
 */
export const givenIn = (args: Arguments, env: NodeJS.ProcessEnv): RabbitMQSinkOptions =>
  overSinkEnvironment(writtenIn(args), env);

/**
 * What a sink with the options of a command line would do.
 *
 * @throws ConfigurationError as the sink; UsageError as {@link givenIn}.
 */
export const planOf = (args: Arguments, env: NodeJS.ProcessEnv): Plan => planWith(givenIn(args, env));

/**
 * @param given as {@link givenIn} returns it: a copy by spreading would not know which variable an option came from.
 * @throws ConfigurationError as the sink.
 */
export const planWith = (given: RabbitMQSinkOptions, logger = silentLogger): Plan =>
  resolve(given as Readonly<Record<string, unknown>>, logger);

/** Some of the options, and which variable each came from. */
export function only<Options extends object>(names: readonly string[], given: Options): Options {
  const kept: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(given);
  for (const name of Object.keys(kept)) if (!names.includes(name)) delete kept[name];
  return Object.defineProperties({}, kept) as Options;
}

export const nothing: Topology = { mode: "none", exchanges: [], queues: [], bindings: [] };

/** The options of a transport that only looks: it declares nothing, and says which command it is. */
export function lookingOptions({ connection, values }: Plan, command: string): TransportOptions {
  return {
    ...connectionSettings(connection, silentLogger),
    connectionName: values.connectionName ?? `streamll ${command}:${process.pid}`,
    confirms: true,
    message: {
      exchange: values.exchange,
      contentType: "application/json",
      appId: values.appId,
      persistent: false,
      mandatory: true,
    },
    topology: nothing,
  };
}
