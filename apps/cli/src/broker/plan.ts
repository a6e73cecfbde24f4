import { connectionSettings } from "@streamll/connection/internal";
import { silentLogger, type Topology, type TransportOptions } from "@streamll/core";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import { overSinkEnvironment, type Plan, resolve } from "@streamll/sink/internal";
import type { Arguments } from "../command/arguments.js";
import { sinkOptions } from "../command/sink-flags.js";
import { UsageError } from "../exit.js";

/**
 * The options of a sink that a command line and the environment set. The first word may be its URL.
 *
 * @throws UsageError for further words.
 */
export function givenIn(args: Arguments, env: NodeJS.ProcessEnv): RabbitMQSinkOptions {
  const [url, ...more] = args.positionals;
  if (more.length > 0) throw new UsageError("one URL only; several addresses of a cluster are several --url");
  if (url !== undefined && args.get("url") !== undefined)
    throw new UsageError("write the URL once: as the first word, or as --url");
  const given = sinkOptions(args);
  return overSinkEnvironment(url === undefined ? given : { ...given, amqpUrl: url }, env);
}

/**
 * What a sink with the options of a command line would do.
 *
 * @throws ConfigurationError as the sink; UsageError as {@link givenIn}.
 */
export const planOf = (args: Arguments, env: NodeJS.ProcessEnv): Plan => planWith(givenIn(args, env));

/** @throws ConfigurationError as the sink. */
export const planWith = (given: RabbitMQSinkOptions): Plan => resolve({ ...given }, silentLogger);

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
