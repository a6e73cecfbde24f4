import type { Logger } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import type { Command } from "../command/command.js";
import { inFlags, sinkFlags, sinkOptions } from "../command/sink-flags.js";
import { exitCode, Failure } from "../exit.js";
import { Notes } from "../notes.js";
import { type Shell, wantsColour } from "../shell.js";
import { deliver } from "./delivery.js";
import { showProgress } from "./progress.js";
import { sourcesOf } from "./sources.js";
import { summaryText, Tally } from "./tally.js";

/** A reader that can wait needs less than a program that cannot: at 4,096 in flight, twice as many keep it busy. */
const defaults = { maxBufferedEvents: 10_000 } as const;

export const pipe: Command = {
  name: "pipe",
  summary: "Brings events from files or stdin to a broker: NDJSON, one event a line.",
  usage: "[FILE…] [options]",
  about: `Without a file, and for -, it reads stdin. It reads no faster than the broker takes, and holds at
most --max-buffered-events (here 10,000 by default) and --max-buffered-bytes. Empty lines are passed
over; a line that is no JSON, no event or longer than 16 MiB is bad, and is reported by file and
line.

The first connection has to succeed (or see --wait-for-broker); one that is lost later is opened
again.
Ctrl-C stops the reading, delivers what was read and says what became of it; a second one ends at
once.

Exit code 0: every event was confirmed, and no line was bad.
          1: an event was not delivered, a line was bad, or the broker could not be reached.
          2: the command line is wrong.
          3: with --on-error skip: every event was confirmed, and bad lines were left out.
          129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM.`,
  flags: [
    {
      name: "on-error",
      value: "fail|skip",
      about:
        "What a bad line, and an event that is not delivered, does. fail (default): no more is read, what was read before is delivered. skip: it is reported and left out.",
    },
    { name: "json", about: "The summary as one JSON document on stdout." },
    { name: "quiet", letter: "q", about: "No progress and no summary; errors only." },
  ],
  sinkFlags,
  defaults,
  examples: [
    "streamll pipe events.ndjson --url amqp://guest:guest@localhost:5672/ --exchange my_events",
    "app | streamll pipe --routing-key 'app.{event_type}' --on-error skip",
    "zcat *.ndjson.gz | streamll pipe --batch-size 500 --json",
  ],
  async run(args, shell) {
    const onError = args.choice("on-error", ["fail", "skip"]);
    const { stdout, stderr, env, interrupted } = shell;
    const notes = new Notes(stderr, wantsColour(stderr, env));
    const log = loggerTo(notes);
    const buffer = env.RABBITMQ_MAX_BUFFERED_EVENTS ? {} : defaults;
    const sink = RabbitMQSink.fromEnv({ ...buffer, ...sinkOptions(args), logger: log.logger }, env);
    const sources = await sourcesOf(args.positionals, shell);
    // Before there was anything to stop.
    if (interrupted.aborted) return Number(interrupted.reason);
    interrupted.addEventListener("abort", () => {
      const { pending } = sink.health();
      if (pending > 0) notes.info(`delivering the last ${pending}; Ctrl-C again leaves them`);
      void sink.stop();
    });
    await connect(sink, interrupted);
    log.started();

    const tally = new Tally();
    const quiet = args.has("quiet");
    hintAtTerminal(args.positionals, shell, notes);
    const hide = stderr.isTTY && !quiet ? showProgress(notes, tally, sink) : () => {};
    let failure: unknown;
    try {
      await deliver({ sources, sink, tally, notes, onError, interrupted });
    } catch (error) {
      failure = error;
    }
    hide();
    const summary = tally.summary();
    if (!quiet) notes.info(summaryText(summary));
    if (args.has("json")) stdout.write(`${JSON.stringify(summary)}\n`);
    if (failure !== undefined) throw failure;
    if (interrupted.aborted) return Number(interrupted.reason);
    if (tally.failed > 0 || (tally.badLines > 0 && onError === "fail")) return exitCode.failed;
    return tally.badLines > 0 ? exitCode.skipped : exitCode.done;
  },
};

/** Whoever mistypes a host wants to hear of it, not to wait. */
async function connect(sink: RabbitMQSink, interrupted: AbortSignal): Promise<void> {
  try {
    await sink.start();
    const { connectionsOpen, lastError } = sink.health();
    if (connectionsOpen === 0 && lastError !== undefined && !interrupted.aborted) {
      throw new Failure(`${inFlags(lastError.message)} (--wait-for-broker goes on trying)`);
    }
  } catch (error) {
    await sink.stop();
    throw error;
  }
}

/**
 * What goes wrong before the first connection is the command's own error; and a full buffer is nothing wrong, since what
 * is read waits for room.
 */
function loggerTo(notes: Notes): { logger: Logger; started(): void } {
  let started = false;
  const tell =
    (level: "warn" | "error"): Logger["warn"] =>
    (fields, message) => {
      if (fields.line === "buffer_filling") return;
      if (started || !("endpoint" in fields)) notes[level](inFlags(message));
    };
  const logger = { debug() {}, info() {}, warn: tell("warn"), error: tell("warn") };
  return {
    logger,
    started() {
      started = true;
    },
  };
}

function hintAtTerminal(files: readonly string[], { stdin }: Shell, notes: Notes): void {
  const readsStdin = files.length === 0 || files.includes("-");
  if (readsStdin && stdin.isTTY) notes.info("reading events from the terminal, one a line; Ctrl-D ends");
}
