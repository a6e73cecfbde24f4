import { consumerTextOptions } from "./consumer-flags.js";
import { flagName } from "./option-flags.js";
import { textOptions } from "./sink-flags.js";

/** Options that have a flag. */
export const flagged: ReadonlySet<string> = new Set([...textOptions, ...consumerTextOptions]);

const switched = new RegExp(`\\b(${[...flagged].join("|")}): (true|false)\\b`, "g");
const inCamelCase = new RegExp(
  `\\b(${[...flagged].filter((name) => /[A-Z]/.test(name)).join("|")})\\b(: )?`,
  "g",
);

/** A message in the words of the command line: `declareTopology: "none"` is a flag here. */
export const inFlags = (message: string): string =>
  message
    .replace(switched, (_, option: string, value) => `--${value === "false" ? "no-" : ""}${flagName(option)}`)
    .replace(/a Date such as new Date\("([^"]+)"\)/, 'a time such as "$1"')
    .replace(inCamelCase, (_, option: string, colon) => `--${flagName(option)}${colon ? " " : ""}`)
    .replace("the credentials function", "the command of --credentials")
    .replace("a handler threw DeadLetter", "the command of --exec has answered dead")
    .replace("a handler threw Error", "the command of --exec has answered retry");
