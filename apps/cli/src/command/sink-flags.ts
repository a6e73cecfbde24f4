import type { RabbitMQSinkOptions } from "@streamll/sink";
import { allRows, type OptionName } from "@streamll/sink/internal";
import type { Arguments } from "./arguments.js";
import { optionFlags } from "./option-flags.js";

const flags = optionFlags(allRows);

export const { textOptions, flagsOf, byHeading: sinkFlags } = flags;

/** Of a command that reads: where the broker is, and how to log in. */
export const connectionOptions = [
  "username",
  "password",
  "credentials",
  "ssl",
  "sslVerify",
  "tls",
  "connectionTimeout",
  "heartbeat",
  "connectionName",
] as const satisfies readonly OptionName[];

/** The options of the sink that the flags set. */
export const sinkOptions = (args: Arguments): RabbitMQSinkOptions => flags.optionsIn(args);
