import { variablesFor } from "@streamll/connection/internal";
import { commands } from "../commands.js";
import type { Command } from "./command.js";
import type { Flag } from "./flags.js";

export const generalFlags: readonly Flag[] = [
  { name: "help", letter: "h", about: "This text." },
  { name: "version", letter: "v", about: "The version." },
];

const COLUMN = 30;
const WIDTH = 100;

export function generalHelp(): string {
  return text(
    "streamll: publishes events to RabbitMQ and other brokers, and shows them.",
    "usage: streamll COMMAND [options]",
    section(
      "Commands",
      commands.map(({ name, summary }) => row(name, summary, 12)),
    ),
    section(
      "Options",
      generalFlags.map((flag) => flagRow(flag)),
    ),
    "streamll COMMAND --help describes each command.",
  );
}

export function commandHelp(command: Command): string {
  const { name, usage, summary, about, flags, optionFlags, defaults, examples } = command;
  return text(
    `usage: streamll ${name} ${usage}`,
    `${summary}\n\n${about}`,
    section(
      "Examples",
      examples.map((example) => `  ${example}`),
    ),
    section(
      "Options",
      [...flags, generalFlags[0]!].map((flag) => flagRow(flag)),
    ),
    ...Object.entries(optionFlags).map(([title, group]) =>
      section(
        title,
        group.map((flag) => flagRow(flag, defaults)),
      ),
    ),
    environment,
  );
}

const environment = `Broker
  A word that is its URL, --url (several are the addresses of one cluster), or RABBITMQ_URL.

Environment
  Options can also be set by the variable in brackets; the command line wins. On a shared machine,
  put passwords there: RABBITMQ_URL, or RABBITMQ_PASSWORD.
  A wrong value ends the command with exit code 2, as it does on the command line.
  NO_COLOR and FORCE_COLOR are respected.`;

const text = (...parts: readonly string[]): string => `${parts.join("\n\n")}\n`;

const section = (title: string, rows: readonly string[]): string => `${title}\n${rows.join("\n")}`;

function flagRow(flag: Flag, defaults: Command["defaults"] = {}): string {
  const { name, letter, value, negatable, about } = flag;
  const head = `${letter ? `-${letter}, ` : ""}--${negatable && value === undefined ? "[no-]" : ""}${name}`;
  const other = negatable && value !== undefined ? `, --no-${name}` : "";
  return row(`${head}${value ? ` ${value}` : ""}${other}`, `${about}${optionNote(flag, defaults)}`, COLUMN);
}

/** Default and environment variable of an option. */
function optionNote({ option = "", row }: Flag, defaults: NonNullable<Command["defaults"]>): string {
  if (row === undefined) return "";
  const { default: value, defaultText, packageName: name } = row;
  const byDefault =
    defaults[option] ?? defaultText ?? (typeof value === "object" ? JSON.stringify(value) : value);
  const notes = [
    byDefault !== undefined && `default ${byDefault}`.replaceAll("`", ""),
    name !== undefined && `needs ${name}`,
    variablesFor(option, row)[0],
  ];
  return ` [${notes.filter(Boolean).join("; ")}]`;
}

function row(head: string, about: string, column: number): string {
  const lines: string[] = [];
  let line = `  ${head}`.padEnd(column);
  if (!line.endsWith(" ")) {
    lines.push(line);
    line = " ".repeat(column);
  }
  for (const word of about.split(" ")) {
    if (line.length + word.length > WIDTH) {
      lines.push(line.trimEnd());
      line = " ".repeat(column);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join("\n");
}
