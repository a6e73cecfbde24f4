import { readFileSync } from "node:fs";
import { type Row, variablesFor } from "@streamll/connection/internal";
import { redacted } from "@streamll/core/internal";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import { allRows } from "@streamll/sink/internal";
import { UsageError } from "../exit.js";
import type { Arguments } from "./arguments.js";
import { type Flag, kebabCase } from "./flags.js";

/** The flag of an option of the sink. */
export const flagName = (option: string): string => (option === "amqpUrl" ? "url" : kebabCase(option));

/** Options that can be written as text; callbacks, and options that only they need, are for programs. */
export const textOptions: readonly string[] = Object.entries(allRows)
  .filter(([option, row]) => variablesFor(option, row).length > 0 && row.group !== "Observing")
  .map(([option]) => option);

const rowOf = (option: string): Row => allRows[option]!;

/** Flags from the table of the sink: kebab-case, with values as in the environment variables. */
export const flagsOf = (options: readonly string[]): Flag[] => [
  ...options.map(flagOf),
  ...(options.includes("tls") ? tlsFiles.map(({ flag }) => flag) : []),
];

function flagOf(option: string): Flag {
  const { kind, about } = rowOf(option);
  const flag = { name: flagName(option), about: `${about.split(/(?<=\.)\s/)[0]}`.replaceAll("`", "") };
  if (kind.type === "boolean") return { ...flag, negatable: true };
  const value = placeholders.find(([type]) => kind.type.startsWith(type))?.[1] ?? kind.type;
  return {
    ...flag,
    value: option === "amqpUrl" ? "URL" : value.replaceAll(/[`"]/g, "").replaceAll(" or ", "|"),
    ...(kind.type.endsWith("`false`") && { negatable: true }),
  };
}

const placeholders = [
  ["string", "TEXT"],
  ["seconds", "SECONDS"],
  ["milliseconds", "MS"],
  ["hours", "HOURS"],
  ["number", "NUMBER"],
  ["size", "SIZE"],
  ["template", "TEMPLATE"],
  ["list", "LIST"],
  ["object", "JSON"],
  ["`{", "JSON"],
] as const;

const tlsFiles = (["ca", "cert", "key", "pfx"] as const).map((key) => ({
  key,
  flag: {
    name: `tls-${key}`,
    value: "FILE",
    about: `${key} of --tls from a ${key === "pfx" ? "PKCS #12" : "PEM"} file.`,
  },
}));

/** All of them, by the heading of the help. */
export const sinkFlags: Readonly<Record<string, readonly Flag[]>> = Object.fromEntries(
  [...new Set(textOptions.map((option) => rowOf(option).group))]
    .map((group) => [group, flagsOf(textOptions.filter((option) => rowOf(option).group === group))] as const)
    .filter(([, flags]) => flags.length > 0),
);

/**
 * The options that the flags set, for the sink to check. Several `--url` are one cluster.
 *
 * @throws UsageError for a file that cannot be read.
 */
export function sinkOptions(args: Arguments): RabbitMQSinkOptions {
  const options: Record<string, unknown> = {};
  for (const option of textOptions) {
    const values = args.all(flagName(option)).map(rowOf(option).kind.fromText!);
    if (values.length === 0) continue;
    options[option] = option === "amqpUrl" && values.length > 1 ? values.flat() : values.at(-1);
  }
  const files = tlsFiles.flatMap(({ key, flag }) => {
    const path = args.get(flag.name);
    return path === undefined ? [] : [[key, read(path, flag.name)]];
  });
  if (files.length > 0) options.tls = { ...(options.tls as object), ...Object.fromEntries(files) };
  return options;
}

function read(path: string, flag: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    // A text that is not a path may be the key itself.
    const shown = path.length > 255 || path.includes("-----") ? "the file" : redacted(path);
    throw new UsageError(`--${flag}: ${shown} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

const inCamelCase = new RegExp(
  `\\b(${textOptions.filter((name) => /[A-Z]/.test(name)).join("|")})\\b(: )?`,
  "g",
);

/** A message of the sink in the words of the command line: `declareTopology: "none"` is a flag here. */
export const inFlags = (message: string): string =>
  message.replace(inCamelCase, (_, option: string, colon) => `--${flagName(option)}${colon ? " " : ""}`);
