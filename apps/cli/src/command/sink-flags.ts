import type { RabbitMQSinkOptions } from "@streamll/sink";
import { allRows } from "@streamll/sink/internal";
import type { Arguments } from "./arguments.js";
import { optionFlags } from "./option-flags.js";

const flags = optionFlags(allRows);

export const { textOptions, flagsOf, byHeading: sinkFlags } = flags;

/** The options of the sink that the flags set. */
export const sinkOptions = (args: Arguments): RabbitMQSinkOptions => flags.optionsIn(args);
