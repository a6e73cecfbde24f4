import { RabbitMQSink } from "@streamll/sink";
import type { Command } from "../command/command.js";
import { sinkFlags, sinkOptions } from "../command/sink-flags.js";
import { connect, loggerTo, waitingNote } from "../command/start.js";
import { drawProgress } from "../draw-progress.js";
import { exitCode } from "../exit.js";
import { Notes } from "../notes.js";
import { type Shell, wantsColour } from "../shell.js";
import { deliver } from "./delivery.js";
import { progressLine } from "./progress.js";
import { sourcesOf } from "./sources.js";
import { summaryText, Tally } from "./tally.js";

/** A reader can wait, and so needs a smaller buffer than a program: with 4,096 in flight, twice as many keep it busy. */
const defaults = { maxBufferedEvents: 10_000 } as const;

export const pipe: Command = {
  name: "pipe",
  summary: "Publishes events from files or stdin to a broker: NDJSON, one event per line.",
  usage: "[FILE…] [URL] [options]",
  about: `Reads stdin without a file, and for -. It reads no faster than the broker accepts, and buffers at
most --max-buffered-events (here 10,000 by default) and --max-buffered-bytes. Empty lines are
ignored. A line that is not JSON, not an event or longer than 16 MiB is invalid, and is reported
with its file and line number.

The first connection must succeed (or see --wait-for-broker); a connection that is lost later is
opened again.
Ctrl-C stops reading, delivers the events that were read and reports their outcomes; a second one
ends the command at once.

Exit code 0: every event was confirmed, and every line was valid.
          1: an event was not delivered, a line was invalid, or the broker could not be reached.
          2: the command line is wrong, or a file cannot be opened: nothing was sent.
          3: with --on-error skip: every event was confirmed, and invalid lines were skipped.
          129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM.`,
  flags: [
    {
      name: "on-error",
      value: "fail|skip",
      about:
        "What happens on an invalid line, and on an event that is not delivered. fail (default): reading stops, and the events read before are delivered. skip: it is reported and skipped.",
    },
    { name: "json", about: "The summary as one JSON document on stdout." },
    { name: "quiet", letter: "q", about: "No progress and no summary; errors only." },
  ],
  optionFlags: sinkFlags,
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
    // Interrupted before there was anything to stop.
    if (interrupted.aborted) return Number(interrupted.reason);
    interrupted.addEventListener("abort", () => {
      const { pending } = sink.health();
      if (pending > 0)
        notes.info(`delivering the last ${pending} events; press Ctrl-C again to abandon them`);
      void sink.stop();
    });
    const quiet = args.has("quiet");
    await connect(sink, interrupted, waitingNote(notes, sink.explain(), quiet));
    log.started();

    const tally = new Tally();
    hintAtTerminal(args.positionals, shell, notes);
    const hide = drawProgress(notes, stderr.isTTY && !quiet, () => progressLine(tally, sink));
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

function hintAtTerminal(files: readonly string[], { stdin }: Shell, notes: Notes): void {
  const readsStdin = files.length === 0 || files.includes("-");
  if (readsStdin && stdin.isTTY) notes.info("reading events from the terminal, one a line; Ctrl-D ends");
}
