import type { DeadLettersOptions, Selection } from "@streamll/consumer";
import { ConfigurationError, StreamllError } from "@streamll/core";
import { type OptionName, overSinkEnvironment } from "@streamll/sink/internal";
import type { Arguments } from "../command/arguments.js";
import type { Command } from "../command/command.js";
import { kebabCase } from "../command/flags.js";
import { meant } from "../command/meant.js";
import { flagsOf, sinkOptions } from "../command/sink-flags.js";
import { UsageError } from "../exit.js";
import { Notes } from "../notes.js";
import { toldIfSlow } from "../patience.js";
import { wantsColour } from "../shell.js";
import { connecting, deadLettersNamed, deadLettersOf } from "./dead-letters-named.js";
import { list } from "./list.js";
import { purge } from "./purge.js";
import { replay } from "./replay.js";
import { show } from "./show.js";
import type { Task } from "./task.js";

/** By the word after `dlq`; each gives the exit code. */
const actions: Readonly<Record<string, (task: Task) => Promise<number>>> = { list, show, replay, purge };

const STILL =
  "the broker has not answered yet, or the queue is long: --connection-timeout says for how long the former is waited for";
/** A look at Azure Service Bus takes two seconds in any case. */
const STILL_MS = 4000;
/** A replay tells of its progress after so many. */
const LETTERS_A_PROGRESS = 256;

/** Flags that only some actions have. */
const ofActions: Readonly<Record<string, readonly string[]>> = {
  "dry-run": ["replay", "purge"],
  ...Object.fromEntries(["rate", "journal", "to", "to-key"].map((flag) => [flag, ["replay"]])),
  yes: ["purge"],
};

/** A purge that ignored --to would surprise. @throws UsageError */
function refuseOthersFlags(action: string, args: Arguments): void {
  for (const [flag, having] of Object.entries(ofActions))
    if (args.get(flag) !== undefined && !having.includes(action))
      throw new UsageError(`--${flag} is of dlq ${having.join(" and ")}: ${action} does not take it`);
}

const which = ["deadLetterExchange", "deadLetterQueue"] as const satisfies readonly OptionName[];

export const dlq: Command = {
  name: "dlq",
  summary: "Lists, shows, replays and purges dead letters.",
  usage: "list|show|replay|purge [URL] [options]",
  about: `list    counts dead letters by code and event type, with their age.
show    prints them whole, the oldest first; 10 unless --limit says otherwise.
replay  sends each to where it was meant for: confirmed first, then taken out of the queue. Their
        order and ids stay.
purge   takes them out for good; it asks first, unless --yes is given.

Each goes once through what is in the queue at that moment, and gives back what it did not take.
On Azure Service Bus --dead-letter-queue names the queue beside which the letters are kept.

Exit code 0: done, and nothing is left of what was asked for.
          1: the broker or the queue could not be used.
          2: the command line is wrong, or the journal cannot be opened or is of another queue.
          4: partly done: letters failed or are in doubt, or not all could be scanned.
          129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM.`,
  flags: [
    {
      name: "code",
      value: "CODE",
      about: "Only of this failure, such as RETRIES_EXHAUSTED. May be given several times.",
    },
    { name: "type", value: "TYPE", about: "Only of this event type. May be given several times." },
    { name: "module", value: "NAME", about: "Only of this module. May be given several times." },
    { name: "id", value: "ID", about: "Only of this message-id. May be given several times." },
    { name: "since", value: "TIME", about: "Failed then or later: 2026-01-31T12:00:00Z, or 1h ago as 1h." },
    { name: "until", value: "TIME", about: "Failed before then." },
    { name: "limit", letter: "n", value: "NUMBER", about: "No more than so many, the oldest first." },
    { name: "dry-run", about: "replay, purge: only counts." },
    { name: "rate", value: "NUMBER", about: "replay: at most so many a second." },
    {
      name: "journal",
      value: "FILE",
      about: "replay: remembers what was done, so that the next run after a crash goes on with this one.",
    },
    {
      name: "to",
      value: "EXCHANGE",
      about: "replay: to this exchange, and not to where each was meant for. Empty: the default exchange.",
    },
    {
      name: "to-key",
      value: "KEY",
      about: "replay: with this routing key. With --to= it is the name of a queue.",
    },
    { name: "yes", letter: "y", about: "purge: does not ask." },
    { name: "json", about: "The result as one JSON document on stdout; show prints one a letter." },
    { name: "quiet", letter: "q", about: "No progress and no summary; errors only." },
  ],
  optionFlags: { "Which dead letters": flagsOf(which), "Where to connect": flagsOf(connecting) },
  examples: [
    "streamll dlq list --dead-letter-exchange dspy_failed",
    "streamll dlq show --code RETRIES_EXHAUSTED --limit 1 --dead-letter-queue dspy_failed.failed",
    "streamll dlq replay --type llm_end --since 1h --journal replay.journal --dead-letter-exchange dspy_failed",
    "streamll dlq purge --until 30d --yes --dead-letter-exchange dspy_failed",
  ],
  async run(args, shell) {
    const [action = "", ...more] = args.positionals;
    const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (act === undefined)
      throw new UsageError(`dlq takes one of ${Object.keys(actions).join(", ")}${meant(action, actions)}`);
    if (more.length > 0)
      throw new UsageError(`dlq ${action} takes no further word: the queue is --dead-letter-queue`);
    refuseOthersFlags(action, args);
    const notes = new Notes(shell.stderr, wantsColour(shell.stderr, shell.env));
    const letters = deadLettersOf(optionsOf(args, shell.env));
    try {
      const rate = args.count("rate") ?? Number.POSITIVE_INFINITY;
      let hasProgressed = false;
      const progressed = () => {
        hasProgressed = true;
      };
      const acting = act({ letters, selection: selectionOf(args), args, shell, notes, progressed });
      // purge waits for its user, too.
      const isSilent = args.has("quiet") || act === purge;
      const tell = () => isSilent || hasProgressed || notes.info(STILL);
      return await toldIfSlow(acting, tell, STILL_MS + (LETTERS_A_PROGRESS * 1000) / rate);
    } catch (error) {
      if (shell.interrupted.aborted) return Number(shell.interrupted.reason);
      if (error instanceof StreamllError && error.code === "JOURNAL_UNUSABLE")
        throw new UsageError(`--journal: ${error.message}`);
      if (!(error instanceof ConfigurationError)) throw error;
      // Of the options of an action, which are flags here.
      const problems = error.problems.map(
        ({ option, message }) => `--${kebabCase(option)} ${message.replace("a Date, ", "")}`,
      );
      throw new UsageError(problems.join("\n"));
    }
  },
};

function optionsOf(args: Arguments, env: NodeJS.ProcessEnv): DeadLettersOptions {
  const options = deadLettersNamed(overSinkEnvironment(sinkOptions(args), env));
  if (options === undefined)
    throw new UsageError(
      "name the dead letters with --dead-letter-exchange, or their queue with --dead-letter-queue",
    );
  return options;
}

function selectionOf(args: Arguments): Selection {
  const several = (name: string) => (args.all(name).length === 0 ? undefined : args.all(name));
  return {
    code: several("code"),
    type: several("type"),
    module: several("module"),
    id: several("id"),
    since: args.get("since"),
    until: args.get("until"),
    limit: args.count("limit"),
  };
}
