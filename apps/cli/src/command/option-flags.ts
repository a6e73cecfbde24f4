import { readFileSync } from "node:fs";
import { type Row, type Rows, variablesFor } from "@streamll/connection/internal";
import { redacted } from "@streamll/core/internal";
import { UsageError } from "../exit.js";
import type { Arguments } from "./arguments.js";
import { type Flag, kebabCase } from "./flags.js";
import { credentialsBy } from "./password-command.js";

/** The flag of an option. */
export const flagName = (option: string): string => (option === "amqpUrl" ? "url" : kebabCase(option));

/** The flags of a table of options. */
export interface OptionFlags {
  /** Options that can be written as text; callbacks, and options that only they need, are for programs. */
  readonly textOptions: readonly string[];
  /** Flags in kebab-case, with values as in the environment variables. */
  flagsOf(options: readonly string[]): Flag[];
  /** All flags, by the heading of the help. */
  readonly byHeading: Readonly<Record<string, readonly Flag[]>>;
  /**
   * The options that the flags set, for their owner to check. Several `--url` are one cluster.
   *
   * @throws UsageError for a file that cannot be read, and for a command that is none.
   */
  optionsIn(args: Arguments): Record<string, unknown>;
}

/** Options that can only be text in a form of their own. */
const inOwnForm = ["credentials"];

/** @param left out: options that the command has in another form. */
export function optionFlags(rows: Rows, left: readonly string[] = []): OptionFlags {
  const rowOf = (option: string): Row => rows[option]!;
  const textOptions = Object.keys(rows).filter((option) => {
    const row = rowOf(option);
    const hasForm = variablesFor(option, row).length > 0 || inOwnForm.includes(option);
    return hasForm && row.group !== "Observing" && !left.includes(option);
  });
  const flagsOf = (options: readonly string[]): Flag[] => [
    ...options.map((option) => flagOf(option, rowOf(option))),
    ...(options.includes("tls") ? tlsFiles.map(({ flag }) => flag) : []),
  ];
  const inGroup = (group: string) => textOptions.filter((option) => rowOf(option).group === group);
  return {
    textOptions,
    flagsOf,
    byHeading: Object.fromEntries(
      [...new Set(textOptions.map((option) => rowOf(option).group))]
        .map((group) => [group, flagsOf(inGroup(group))] as const)
        .filter(([, flags]) => flags.length > 0),
    ),
    optionsIn(args) {
      const options: Record<string, unknown> = {};
      for (const option of textOptions) {
        if (inOwnForm.includes(option)) continue;
        const values = args.all(flagName(option)).map(rowOf(option).kind.fromText!);
        if (values.length === 0) continue;
        options[option] = option === "amqpUrl" && values.length > 1 ? values.flat() : values.at(-1);
      }
      const files = tlsFiles.flatMap(({ key, flag }) => {
        const path = args.get(flag.name);
        return path === undefined ? [] : [[key, read(path, flag.name)]];
      });
      const command = args.get("credentials");
      if (command?.trim() === "") throw new UsageError("--credentials needs a command");
      if (command !== undefined) options.credentials = credentialsBy(command);
      if (files.length > 0) options.tls = { ...(options.tls as object), ...Object.fromEntries(files) };
      return options;
    },
  };
}

const credentialsFlag: Flag = {
  name: "credentials",
  value: "COMMAND",
  about:
    "Instead of --password: a command of the shell that prints it, or the answer of a token service (access_token, expires_in). Asked at every connect, and before a token expires.",
};

function flagOf(option: string, row: Row): Flag {
  if (option === "credentials") return credentialsFlag;
  const { kind, about } = row;
  const flag = {
    name: flagName(option),
    about: `${about.split(/(?<=\.)\s/)[0]}`.replaceAll("`", ""),
    option,
    row,
  };
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

function read(path: string, flag: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    // A text that is not a path may be the key itself.
    const shown = path.length > 255 || path.includes("-----") ? "the file" : redacted(path);
    throw new UsageError(`--${flag}: ${shown} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
