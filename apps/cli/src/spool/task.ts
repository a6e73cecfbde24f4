import type { Arguments } from "../command/arguments.js";
import type { Notes } from "../notes.js";
import type { Shell } from "../shell.js";

/** One thing to do with a spool. */
export interface Task {
  /** The directory, as it was given, and the folders in it. */
  readonly path: string;
  readonly folders: readonly string[];
  /** `export`: where to. */
  readonly file: string;
  readonly args: Arguments;
  readonly shell: Shell;
  readonly notes: Notes;
}
