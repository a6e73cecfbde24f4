import { printableJson } from "@streamll/core/internal";
import type { OptionName } from "@streamll/sink/internal";
import { givenIn, lookingOptions, only, planWith } from "../broker/plan.js";
import type { Command } from "../command/command.js";
import { connectionOptions, flagsOf } from "../command/sink-flags.js";
import { exitCode, Failure, UsageError } from "../exit.js";
import { Notes } from "../notes.js";
import { waitingFor } from "../patience.js";
import { wantsColour } from "../shell.js";
import { decode } from "./decode.js";
import { follow } from "./follow.js";
import { lineRenderer } from "./render.js";
import { placeIn, subscriberFor } from "./source.js";
import type { Delivery } from "./subscription.js";

/** At most this many messages are in flight to a slow reader of our output. */
const PREFETCH = 200;

const options = [
  "amqpUrl",
  "amqpVersion",
  ...connectionOptions,
  "exchange",
  "exchangeType",
  "exchangeArguments",
  "useStreams",
  "authProvider",
  "webSocket",
] as const satisfies readonly OptionName[];

export const tail: Command = {
  name: "tail",
  summary: "Shows the events that arrive at an exchange from now on, or those of a stream.",
  usage: "[URL] [options]",
  about: `Reads through an exclusive queue of its own, and so takes no event from other consumers. The queue
ends with the connection: after a loss it connects again, and events in between are not shown.
An exchange that distributes its events among its queues, such as x-consistent-hash, is refused.
A stream (--stream) is read as it is, from any place (--from), and after a loss on from there.
On Azure Service Bus --exchange names the queue, or TOPIC/Subscriptions/NAME, which is looked at
once a second without taking anything: what others have taken by then is not shown.

Exit code 0: --limit was reached, or the output was closed.
          1: the broker could not be reached, or there is no such exchange.
          2: the command line is wrong.
          129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM.`,
  flags: [
    {
      name: "pattern",
      value: "PATTERN",
      about:
        "Routing keys to show: * is one word, # any number of words. May be given several times. Default: everything. A direct exchange requires full keys; one that ignores keys, such as fanout, takes no --pattern.",
    },
    {
      name: "from",
      value: "WHERE",
      about:
        "Of a stream: first, last (the last chunk), next, a duration such as 1h, or a time such as 2026-01-31T12:00Z. On Azure Service Bus: first or next. Default: next.",
    },
    { name: "json", about: "The events as they arrived, as NDJSON: the input of streamll pipe." },
    { name: "limit", letter: "n", value: "NUMBER", about: "Ends after this many events." },
    { name: "quiet", letter: "q", about: "No messages about connecting; errors only." },
  ],
  optionFlags: { "Where to read": flagsOf([...options, "stream"]) },
  examples: [
    "streamll tail amqp://guest:guest@localhost:5672/ --exchange my_events",
    "streamll tail --pattern 'streamll.error.*'",
    "streamll tail --stream streamll_events --from 1h",
    "streamll tail --json --limit 1000 > sample.ndjson",
    "streamll tail --json | streamll pipe --url amqp://other.example/",
  ],
  async run(args, { stdout, stderr, env, interrupted }) {
    if (args.positionals.length > 0)
      throw new UsageError(
        "the one word beside the options is the URL; a pattern is --pattern PATTERN, a switch --ssl, --no-ssl or --ssl=false",
      );
    const notes = new Notes(stderr, wantsColour(stderr, env));
    // Nothing is declared, so options that only a declaration requires may be missing.
    const given = Object.assign(only([...options, "stream"], givenIn(args, env)), {
      declareTopology: "none",
    });
    const plan = planWith(given);
    const patterns = args.all("pattern");
    const place = placeIn(plan, patterns);
    const { exchange } = place;
    const limit = args.count("limit") ?? Number.POSITIVE_INFINITY;
    const render = args.has("json")
      ? undefined
      : lineRenderer(wantsColour(stdout, env), stdout.isTTY ? stdout.columns : undefined);

    const ending = new AbortController();
    let outputError: NodeJS.ErrnoException | undefined;
    stdout.on("error", (error) => {
      outputError = error;
      ending.abort();
    });
    let shown = 0;
    let written = 0;
    let foreign = 0;
    /** `undefined` for a message that is not an event, or not one that can be shown. */
    const lineOf = (body: Buffer): string | undefined => {
      try {
        const received = decode(body);
        if (received === undefined) return undefined;
        return render === undefined ? printableJson(received.json) : render(received.event);
      } catch {
        return undefined;
      }
    };
    const receive = ({ body, routingKey, done }: Delivery) => {
      const line = lineOf(body);
      if (line === undefined) {
        if (foreign++ === 0)
          notes.warn(`a message with the key ${routingKey} is not an event (reported once)`);
        return done();
      }
      if (++shown > limit) return;
      stdout.write(`${line}\n`, () => {
        done();
        if (++written === limit) ending.abort();
      });
    };

    const notify = args.has("quiet") ? () => {} : (text: string) => notes.info(text);
    await follow({
      endpoints: plan.endpoints,
      subscribe: await subscriberFor(plan, "tail", args.get("from")),
      where: {
        ...place,
        prefetch: PREFETCH,
        options: lookingOptions(plan, "tail"),
      },
      receive,
      waiting: ({ label }) => notify(waitingFor(label)),
      connected: ({ label }) =>
        notify(`tailing ${exchange} (${patterns.join(", ") || "everything"}) on ${label}`),
      disconnected: (reason) =>
        notify(
          `connection lost: ${reason}; ${plan.transport.name === "streams" ? "reading goes on there once it is restored" : "events that arrive before it is restored are not shown"}`,
        ),
      refused: ({ message }) => notify(`not connected: ${message}; trying again`),
      ended: AbortSignal.any([ending.signal, interrupted]),
    });
    if (interrupted.aborted) return Number(interrupted.reason);
    if (outputError === undefined || outputError.code === "EPIPE") return exitCode.done;
    throw new Failure(`the output cannot be written: ${outputError.message}`);
  },
};
