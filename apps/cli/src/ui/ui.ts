import { createReadStream, existsSync } from "node:fs";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { managementOf, managementUrlIn } from "../broker/management.js";
import { givenIn, lookingOptions, only, planWith } from "../broker/plan.js";
import type { Arguments } from "../command/arguments.js";
import type { Command } from "../command/command.js";
import { sinkFlags } from "../command/sink-flags.js";
import { UsageError, whenAborted } from "../exit.js";
import { opened } from "../http.js";
import { refuseUnreadable } from "../named-file.js";
import { Notes } from "../notes.js";
import { readPage } from "../page-files.js";
import { wantsColour } from "../shell.js";
import { behindOf, type Shown } from "./behind.js";
import { deskOf } from "./dead-letters/desk-of.js";
import { uiServer } from "./server.js";
import { sourceOfBroker, sourceOfLines } from "./source.js";
import { Store } from "./store.js";

const MOST_EVENTS = 100_000;
const MOST_BYTES = 256 * 1024 * 1024;
const HOST = "127.0.0.1";

export const ui: Command = {
  name: "ui",
  summary: "Serves a page that shows executions as they happen: calls, tokens, errors, depth.",
  usage: "[URL|FILE.ndjson|-] [options]",
  about: `Prints the address of a page, on this machine alone; its path is a secret. Reads through an
exclusive queue of its own, which holds at most 100,000 events and ends with the connection, and so
takes no event from other consumers. On Azure Service Bus it looks at the queue that --exchange names.
Keeps the newest events in memory, and nothing on disk. With a file it shows what the file holds, with
- what comes on stdin, such as the events of a subscription of its own on Google Cloud Pub/Sub.

Exit code 1: the broker could not be read. 2: the command line is wrong, or the file cannot be opened.
          129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM, which is its usual end.`,
  flags: [
    {
      name: "pattern",
      value: "PATTERN",
      about: "Routing keys to show: * is one word, # any number of words. May be given several times.",
    },
    { name: "port", value: "PORT", about: "Of the page; 0 is any that is free. Default 0." },
    {
      name: "max-events",
      value: "NUMBER",
      about:
        "So many are kept, of at most 256 MiB: then the execution that was silent for longest goes. Default 100,000.",
    },
    {
      name: "allow-replay",
      about:
        "The page may replay dead letters, which --dead-letter-exchange or --dead-letter-queue names. Without it, it only lists them.",
    },
    {
      name: "management-url",
      value: "URL",
      about: "The broker's HTTP API, for rates and sinks, as in doctor. [STREAMLL_MANAGEMENT_URL]",
    },
    { name: "quiet", letter: "q", about: "Only the address, and errors." },
  ],
  optionFlags: sinkFlags,
  examples: [
    "streamll ui amqp://guest:guest@localhost:5672/ --exchange my_events",
    "streamll ui --pattern 'app.*.error'",
    "streamll ui --dead-letter-exchange my_failed --allow-replay",
    "streamll ui monday.ndjson",
    "streamll consume my-own-subscription --url pubsub://my-project | streamll ui -",
  ],
  async run(args, { stdin, stdout, stderr, env, interrupted }) {
    const notes = new Notes(stderr, wantsColour(stderr, env));
    const notify = args.has("quiet") ? () => {} : (text: string) => notes.info(text);
    const port = args.port("port") ?? 0;
    const store = new Store({ events: args.count("max-events") ?? MOST_EVENTS, bytes: MOST_BYTES });
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, interrupted]);
    const shown = await shownBy({ args, env, stdin, store, notify, signal });
    const { source, desk } = shown;
    const { server, token } = uiServer(behindOf(shown, readPage()));
    try {
      const reading = source.read();
      // It may fail before anybody waits for it.
      reading.catch(() => {});
      await Promise.race([source.ready, reading, whenAborted(interrupted)]);
      if (!interrupted.aborted) {
        stdout.write(`http://${HOST}:${await opened(server, { host: HOST, port })}/${token}/\n`);
        await Promise.race([whenAborted(interrupted), reading.then(() => whenAborted(interrupted))]);
      }
      return Number(interrupted.reason);
    } finally {
      ended.abort();
      server.close();
      server.closeAllConnections();
      await Promise.all([source.close(), desk?.close()]);
    }
  },
};

interface Asked {
  readonly args: Arguments;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable;
  readonly store: Store;
  readonly notify: (text: string) => void;
  readonly signal: AbortSignal;
}

async function shownBy({ args, env, stdin, store, notify, signal }: Asked): Promise<Shown> {
  const [first] = args.positionals;
  const mayReplay = args.has("allow-replay");
  if (first !== undefined) {
    if (first !== "-" && !existsSync(first))
      throw new UsageError("there is no such file; a URL begins with its scheme, such as amqp://");
    if (args.positionals.length > 1 || args.get("url") !== undefined)
      throw new UsageError("ui takes one URL or one file");
    if (first !== "-") await refuseUnreadable(first);
    if (mayReplay) throw new UsageError("--allow-replay is of a broker: a file has no dead letters");
    const input =
      first === "-"
        ? { name: "stdin", lines: stdin, mayBeSlow: true }
        : { name: basename(first), lines: createReadStream(first), mayBeSlow: false };
    return { store, source: sourceOfLines({ ...input, store, notify }), desk: undefined };
  }
  const given = givenIn(args, env);
  // A sink declares the queue of dead letters at an exchange of theirs; here it need only be named.
  const names = Object.keys(given).filter((name) => name !== "deadLetterQueue");
  const plan = planWith(given.deadLetterExchange === undefined ? only(names, given) : given);
  const options = lookingOptions(plan, "ui");
  const managementUrl = managementUrlIn(args, env);
  const [endpoint] = plan.endpoints;
  const ask = managementOf(managementUrl, endpoint!, options, plan.connection.provider?.name);
  const patterns = args.all("pattern");
  return {
    store,
    source: sourceOfBroker({ plan, options, ask, patterns, store, notify, signal }),
    desk: deskOf({ given, plan, mayReplay, notify }),
  };
}
