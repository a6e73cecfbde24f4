import type { DeadLetters, Selection } from "@streamll/consumer";
import type { Arguments } from "../command/arguments.js";
import type { Notes } from "../notes.js";
import type { Shell } from "../shell.js";

/** One thing to do with dead letters. */
export interface Task {
  readonly letters: DeadLetters;
  readonly selection: Selection;
  readonly args: Arguments;
  readonly shell: Shell;
  readonly notes: Notes;
  /** The broker has answered, and letters are being worked on. */
  readonly progressed: () => void;
}
