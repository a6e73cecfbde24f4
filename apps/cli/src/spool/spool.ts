import type { Command } from "../command/command.js";
import { meant } from "../command/meant.js";
import { sinkFlags } from "../command/sink-flags.js";
import { UsageError } from "../exit.js";
import { Notes } from "../notes.js";
import { wantsColour } from "../shell.js";
import { drain } from "./drain.js";
import { exportEvents } from "./export.js";
import { foldersOf } from "./folders.js";
import { look } from "./look.js";
import type { Task } from "./task.js";
import { verify } from "./verify.js";

/** By the word after `spool`; each gives the exit code. */
const actions: Readonly<Record<string, (task: Task) => Promise<number>>> = {
  look,
  verify,
  drain,
  export: exportEvents,
};

export const spool: Command = {
  name: "spool",
  summary: "Looks at events that a sink keeps on disk, delivers and exports them.",
  usage: "[look|verify|drain|export] DIR [FILE] [URL] [options]",
  about: `DIR is the directory of the option spool, or one folder (w-…) in it.

look    what lies in each folder: events, bytes, ages, damage, whose it is and where it is sent to.
        It is what happens without another word, takes nothing, and reads a small part of the files.
verify  reads every event, and counts what cannot be read.
drain   delivers what programs that have ended left there, as their next program would, with the
        options of the sink below. A folder whose program runs is left to it, and one whose events
        are for another exchange or stream, unless it is named itself, with --exchange or --stream. A folder of another
        machine is taken when it was not signed for a minute. Without progress for --flush-timeout
        it gives up, unless --wait-for-broker is given; what was not delivered stays on disk.
export  writes the events into FILE, or to stdout for -, as NDJSON that pipe reads; compressed where
        the name ends in .gz. It takes nothing away.

Exit code 0: done. For verify: every event can be read.
          1: the broker could not be used, or FILE could not be written to its end.
          2: the command line is wrong, or what it names cannot be opened.
          4: partly done: an event cannot be read, failed or is left, or a folder was left out.
          129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM.`,
  flags: [
    { name: "json", about: "The result as one JSON document on stdout." },
    { name: "quiet", letter: "q", about: "No progress and no summary; errors only." },
  ],
  optionFlags: sinkFlags,
  examples: [
    "streamll spool ./spool",
    "streamll spool verify ./spool --json",
    "streamll spool drain ./spool --url amqp://guest:guest@localhost:5672/ --exchange my_events",
    "streamll spool export ./spool events.ndjson.gz",
  ],
  async run(args, shell) {
    const [first = "", ...others] = args.positionals;
    const isAction = Object.hasOwn(actions, first);
    const action = isAction ? first : "look";
    const [path, file, ...more] = isAction ? others : args.positionals;
    if (!isAction && file !== undefined)
      throw new UsageError(`spool takes one of ${Object.keys(actions).join(", ")}${meant(first, actions)}`);
    if (path === undefined || path === "") throw new UsageError(`spool ${action} takes a directory`);
    if (action === "export" && file === undefined)
      throw new UsageError("spool export takes a directory and a file; - is stdout");
    if (more.length > 0 || (file !== undefined && action !== "export"))
      throw new UsageError(
        `spool ${action} takes ${action === "export" ? "a directory and a file" : "one directory"}`,
      );
    const notes = new Notes(shell.stderr, wantsColour(shell.stderr, shell.env));
    const folders = foldersOf(path);
    if (folders.length === 0 && !args.has("quiet"))
      notes.info(`${path} has no folder of a sink (w-…): there are no events in it`);
    return actions[action]!({ path, file: file ?? "", folders, args, shell, notes });
  },
};
