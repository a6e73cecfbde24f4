import { consumerTextOptions } from "./consumer-flags.js";
import { flagName } from "./option-flags.js";
import { textOptions } from "./sink-flags.js";

/** Options that have a flag. */
export const flagged: ReadonlySet<string> = new Set([...textOptions, ...consumerTextOptions]);

const inCamelCase = new RegExp(
  `\\b(${[...flagged].filter((name) => /[A-Z]/.test(name)).join("|")})\\b(: )?`,
  "g",
);

/** A message in the words of the command line: `declareTopology: "none"` is a flag here. */
export const inFlags = (message: string): string =>
  message.replace(inCamelCase, (_, option: string, colon) => `--${flagName(option)}${colon ? " " : ""}`);
