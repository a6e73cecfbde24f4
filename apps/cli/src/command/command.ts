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
  /** Those that the table of the sink gives, by the heading of the help. */
  readonly sinkFlags: Readonly<Record<string, readonly Flag[]>>;
  /** Those of its own, where the sink has others. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly examples: readonly string[];
  /** The exit code. */
  run(args: Arguments, shell: Shell): Promise<number>;
}
