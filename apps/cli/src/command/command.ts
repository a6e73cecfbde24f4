import type { Shell } from "../shell.js";
import type { Arguments } from "./arguments.js";
import type { Flag } from "./flags.js";

export interface Command {
  readonly name: string;
  /** In one line, for the list of commands. */
  readonly summary: string;
  /** What follows the name. */
  readonly usage: string;
  /** More lines of the help, before the options. */
  readonly about: string;
  readonly flags: readonly Flag[];
  /** Flags from a table of options, by the heading of the help. */
  readonly optionFlags: Readonly<Record<string, readonly Flag[]>>;
  /** Its own defaults, where they differ from those of the table. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly examples: readonly string[];
  /** The exit code. */
  run(args: Arguments, shell: Shell): Promise<number>;
}
