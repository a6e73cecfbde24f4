import { type ConsumingStats, EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import type { Arguments } from "../command/arguments.js";
import type { Command } from "../command/command.js";
import { consumerFlags, consumerOptions } from "../command/consumer-flags.js";
import { connect, loggerTo, waitingNote } from "../command/start.js";
import { drawProgress } from "../draw-progress.js";
import { exitCode, Failure, UsageError, whenAborted } from "../exit.js";
import { Notes } from "../notes.js";
import { wantsColour } from "../shell.js";
import { openTarget } from "./target.js";

const defaults = { prefetch: 1000 } as const;
export const consume: Command = {
  name: "consume",
  summary: "Takes the events of a queue into a file, to stdout or into a command, and acknowledges each.",
  usage: "QUEUE|--stream NAME [URL] [options]",
  about: `Takes events out of the queue, unlike tail: an event is acknowledged when it is written to stdout,
when it is in the file of --out and that is synced to the disk, or when the command of --exec has
answered ok. What is not acknowledged goes back to the queue: at Ctrl-C, when the output fails, and
when the command ends.
A stream (--stream) keeps its events. With --consumer-name the broker keeps up to where all is
acknowledged, and the next run goes on there; without it each begins at --from.

The command of --exec is run by the shell, once. It reads an event a line, as JSON, and answers each
line by one of its own, in the same order, when it is done with it:
  ok           the event is acknowledged
  retry        it is tried again, after a pause: --retry
  dead REASON  it becomes a dead letter: --dead-letter-exchange, which is declared with --bind, and
               has to be there without. With neither the event is tried again
Up to --concurrency events are without an answer at a time, one of each execution.

Exit code 0: --limit was reached and each event acknowledged, or stdout was closed.
          1: the output failed, the command ended or broke the rules above, no broker, no such queue.
          2: the command line is wrong, or the file of --out cannot be opened.
          4: --limit was reached, and an event of these was given back or became a dead letter.
          129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM.`,
  flags: [
    {
      name: "bind",
      value: "PATTERN",
      about:
        "Declares the queue and binds it to --exchange by this pattern: * is one word, # any number of words. May be given several times.",
    },
    {
      name: "out",
      letter: "o",
      value: "FILE",
      about:
        "Adds the events to this file, a line of JSON each. One that ends in .gz is compressed, and must be new.",
    },
    { name: "exec", value: "COMMAND", about: "Hands the events to this command; see above." },
    { name: "limit", letter: "n", value: "NUMBER", about: "Ends after this many events." },
    { name: "quiet", letter: "q", about: "No progress and no summary; errors only." },
  ],
  optionFlags: consumerFlags,
  defaults,
  examples: [
    "streamll consume rag-team --url amqp://guest:guest@localhost:5672/ --out events.ndjson",
    "streamll consume errors --exchange my_events --bind 'streamll.error.*' --limit 10",
    "streamll consume --url rabbitmq-stream://localhost:5552/ --stream my_events --consumer-name archive --from first",
    "streamll consume billing --exchange my_events --bind '#' --exec 'node bill.js' --dead-letter-exchange billing_failed",
  ],
  async run(args, shell) {
    const { stderr, env, interrupted } = shell;
    const notes = new Notes(stderr, wantsColour(stderr, env));
    const log = loggerTo(notes);
    const limit = args.count("limit") ?? Number.POSITIVE_INFINITY;
    const options = {
      // What comes beyond the limit is given back, and counts as redelivered.
      ...(env.RABBITMQ_PREFETCH ? {} : { prefetch: Math.min(defaults.prefetch, limit) }),
      ...optionsOf(args, env),
      logger: log.logger,
    };
    // All is checked before anything is opened.
    const checked = EventConsumer.fromEnv({ ...options, handle: () => {} }, env).explain();
    const prefetch = Number(checked.options.prefetch.value);
    if (interrupted.aborted) return Number(interrupted.reason);

    const ending = new AbortController();
    const ended = AbortSignal.any([ending.signal, interrupted]);
    let isShort = false;
    const target = await openTarget({
      args,
      shell,
      prefetch,
      limit,
      end: (failure) => ending.abort(failure),
    });
    try {
      const consumer = EventConsumer.fromEnv({ ...options, ...target.handling }, env);
      // In the same turn: whatever is taken back then is not tried again.
      ended.addEventListener("abort", () => void consumer.stop());
      const quiet = args.has("quiet");
      await connect(consumer, ended, waitingNote(notes, checked, quiet));
      log.started();
      const hide = drawProgress(notes, stderr.isTTY && !quiet, () => progressLine(consumer));
      await whenAborted(ended);
      await consumer.stop();
      hide();
      const stats = consumer.stats();
      // Without --exec the output has taken all, or is closed: whoever read it has seen enough.
      isShort = args.get("exec") !== undefined && stats.events_handled < limit;
      if (!quiet) notes.info(summaryText(stats));
    } finally {
      await target.close();
    }
    if (interrupted.aborted) return Number(interrupted.reason);
    if (ending.signal.reason instanceof Failure) throw ending.signal.reason;
    return isShort ? exitCode.partial : exitCode.done;
  },
};

/** @throws UsageError */
function optionsOf(args: Arguments, env: NodeJS.ProcessEnv): EventConsumerOptions {
  const [queue, ...others] = args.positionals;
  const isOfStream = Boolean(args.get("stream") ?? env.RABBITMQ_STREAM);
  if ((queue === undefined) !== isOfStream || others.length > 0)
    throw new UsageError(
      "consume takes the name of one queue, or --stream and none: streamll consume QUEUE, streamll consume --stream NAME",
    );
  if (queue !== undefined && /^rabbitmq-stream/i.test(String(args.get("url") ?? env.RABBITMQ_URL)))
    throw new UsageError(
      "a rabbitmq-stream:// URL reads streams, not queues: streamll consume --stream NAME",
    );
  const bindings = args.all("bind");
  if (bindings.length > 0 && !(args.get("exchange") ?? env.RABBITMQ_EXCHANGE))
    throw new UsageError("--bind needs --exchange: the one that the queue is bound to");
  return {
    ...consumerOptions(args),
    ...(queue !== undefined && { queue }),
    ...(bindings.length > 0 && { bindings }),
  };
}

function progressLine(consumer: EventConsumer): string {
  const { events_handled, events_in_hand, events_waiting, events_per_second, subscribed, ...stats } =
    consumer.stats();
  const counts = [
    `${events_handled} acknowledged`,
    `${Math.round(events_per_second)}/s`,
    `${events_in_hand + events_waiting} in hand`,
  ];
  if (stats.events_dead_lettered > 0) counts.push(`${stats.events_dead_lettered} dead letters`);
  if (!subscribed) counts.push("not connected");
  return counts.join("  ");
}

function summaryText({ events_handled, events_failed, ...stats }: ConsumingStats): string {
  const number = (value: number) => value.toLocaleString("en");
  const counts = [
    `${number(events_handled)} event${events_handled === 1 ? "" : "s"} acknowledged`,
    events_failed > 0 && `${number(events_failed)} ${events_failed === 1 ? "try" : "tries"} failed`,
    stats.events_dead_lettered > 0 && `${number(stats.events_dead_lettered)} given up as dead letters`,
    stats.events_duplicate > 0 && `${number(stats.events_duplicate)} came twice`,
    stats.events_given_back > 0 && `${number(stats.events_given_back)} given back`,
  ];
  return counts.filter(Boolean).join(", ");
}
