import { readFileSync } from "node:fs";
import { closestName } from "@streamll/connection/internal";
import { ConfigurationError, StreamllError } from "@streamll/core";
import { isError, told } from "@streamll/core/internal";
import { readArguments } from "./command/arguments.js";
import { commandHelp, generalFlags, generalHelp } from "./command/help.js";
import { flagged, inFlags } from "./command/in-flags.js";
import { flagName } from "./command/option-flags.js";
import { commands } from "./commands.js";
import { exitCode, Failure, UsageError } from "./exit.js";
import { Notes } from "./notes.js";
import { type Shell, wantsColour } from "./shell.js";

/** Runs a command line and returns the exit code. Never rejects. */
export async function run(argv: readonly string[], shell: Shell): Promise<number> {
  try {
    return await dispatch(argv, shell);
  } catch (error) {
    const notes = new Notes(shell.stderr, wantsColour(shell.stderr, shell.env));
    notes.error(messageOf(error));
    if (!(error instanceof UsageError || error instanceof ConfigurationError)) return exitCode.failed;
    const name = commands.find((command) => command.name === argv[0])?.name;
    notes.info(`streamll ${name === undefined ? "" : `${name} `}--help lists the options`);
    return exitCode.usage;
  }
}

async function dispatch(argv: readonly string[], shell: Shell): Promise<number> {
  const [first, ...rest] = argv;
  const command = commands.find(({ name }) => name === first);
  if (command !== undefined) {
    const flags = [...command.flags, ...Object.values(command.optionFlags).flat(), ...generalFlags];
    const args = readArguments(rest, flags);
    if (args.has("help")) return print(commandHelp(command), shell);
    if (args.has("version")) return print(version(), shell);
    return command.run(args, shell);
  }
  if (first !== undefined && !first.startsWith("-") && first !== "help") throw unknownCommand(first);
  const args = readArguments(first === "help" ? [] : argv, generalFlags);
  if (args.has("version")) return print(version(), shell);
  const asked = args.has("help") || first === "help";
  const topic = commands.find(({ name }) => name === rest[0]);
  if (first === "help" && topic === undefined && rest[0] !== undefined) throw unknownCommand(rest[0]);
  if (asked) return print(topic === undefined ? generalHelp() : commandHelp(topic), shell);
  shell.stderr.write(generalHelp());
  return exitCode.usage;
}

function print(text: string, { stdout }: Shell): number {
  stdout.write(text);
  return exitCode.done;
}

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return `${(JSON.parse(manifest) as { version: string }).version}\n`;
}

function unknownCommand(given: string): UsageError {
  const names = commands.map(({ name }) => name);
  const meant = closestName(given, names);
  // A URL in the wrong place may hold a password.
  const shown = /^[\w-]{1,40}$/.test(given) ? ` ${given}` : "";
  return new UsageError(
    `unknown command${shown}; ${meant === undefined ? `available are ${names.join(", ")}` : `did you mean ${meant}?`}`,
  );
}

function messageOf(error: unknown): string {
  if (error instanceof ConfigurationError) {
    const lines = error.problems.map(({ option, message }) => {
      const name = flagged.has(option) ? `--${flagName(option)}` : option;
      return `${name}: ${inFlags(message)}`;
    });
    return lines.length === 1 ? lines[0]! : `${lines.length} problems:\n  ${lines.join("\n  ")}`;
  }
  if (error instanceof StreamllError) return inFlags(error.message);
  if (error instanceof UsageError || error instanceof Failure) return error.message;
  // A bug of ours or of a package: its message may hold anything.
  const stack = isError(error) ? (error.stack ?? error.message) : String(error);
  return stack.split("\n").map(told).join("\n");
}
