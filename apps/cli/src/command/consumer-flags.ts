import { rowsWith, WHERE } from "@streamll/connection/internal";
import type { EventConsumerOptions } from "@streamll/consumer";
import { consumerTable } from "@streamll/consumer/internal";
import type { Arguments } from "./arguments.js";
import { optionFlags } from "./option-flags.js";

/** What is of programs, or has a form of its own on the command line. */
const left = ["queue", "bindings", "batch", "continueExecution"];

const flags = optionFlags(rowsWith(consumerTable), left);

const { [WHERE]: where = [], ...others } = flags.byHeading;

export const consumerTextOptions = flags.textOptions;
export const consumerFlags = { "Where to connect": where, ...others };

/** The options of the consumer that the flags set. */
export const consumerOptions = (args: Arguments): EventConsumerOptions => flags.optionsIn(args);
