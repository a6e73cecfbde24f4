import { complainTo, loggerOf, resolveNamed } from "@streamll/connection/internal";
import type { TransportFactory } from "@streamll/core";
import { systemClock } from "@streamll/core/internal";
import type { DeadLettersOptions } from "./dead-letters-options.js";
import {
  type DeadLetterList,
  type DeadLettersShown,
  Groups,
  type ListedLetter,
  listed,
  look,
  type ShownLetter,
} from "./listing.js";
import {
  type Interruptible,
  interruptible,
  type PurgeOptions,
  purgeTable,
  type ReplayOptions,
  replayTable,
} from "./method-options.js";
import { type ReplayReport, replay } from "./replay.js";
import { resolveDeadLetters } from "./resolve-dead-letters.js";
import { LARGEST_WINDOW } from "./scan.js";
import { fits, isNarrow, mostOf, type ReadSelection, readGiven, type Selection } from "./selection.js";
import { type Looked, type Place, walk } from "./walk.js";

/** Letters of a list that are told one by one; all are counted. */
const MOST_LISTED = 1000;
/** Letters that `show()` gives where no `limit` is set. */
const SHOWN = 10;
/** Where each letter is settled at once, no more need be held. */
const WINDOW = 1000;

export interface PurgeReport extends Looked {
  readonly matched: number;
  /** Gone; in a dry run, what would be. */
  readonly purged: number;
}

/**
 * Looks at the dead letters of a queue, replays them, and purges them. Each call opens a connection of its own, goes once
 * through what is in the queue at that moment, gives back in order what it did not settle, and closes.
 *
 * @throws ConfigurationError at construction, and of each method that is given what it does not take.
 * @example
 * const letters = new DeadLetters({ url: "amqp://localhost/", deadLetterExchange: "dspy_failed" });
 * const { groups } = await letters.list();
 * const { replayed, complete } = await letters.replay({ code: "RETRIES_EXHAUSTED", since: "1h", journal: "replay.journal" });
 */
export class DeadLetters<Factory extends TransportFactory = TransportFactory> {
  readonly #place: Place;

  constructor(options: DeadLettersOptions<Factory> = {} as DeadLettersOptions<Factory>) {
    const logger = loggerOf(options?.logger);
    const { amqpUrl } = (options ?? {}) as { readonly amqpUrl?: unknown };
    const urlOption = amqpUrl === undefined ? "url" : "amqpUrl";
    const plan = resolveNamed(options, urlOption, "DeadLetters", (given) =>
      resolveDeadLetters(given, logger),
    );
    const complain = complainTo(plan.values.logger, logger);
    for (const warning of plan.warnings) complain("option_warning", warning, warning);
    this.#place = {
      ...plan.place,
      consuming: plan.consuming,
      connect: (...given) => plan.transport.connect(...given),
      endpoints: plan.endpoints,
      clock: systemClock,
      connectionTimeoutMs: plan.values.connectionTimeout,
    };
  }

  /**
   * Counts the letters that fit by code and event type, and tells of the first 1,000 without their data.
   *
   * @throws TransportError of kind `not-found` where there is no such queue, and any other where it cannot be read.
   */
  async list(options: Selection & Interruptible = {}): Promise<DeadLetterList> {
    const { signal = never(), ...selection } = readGiven(interruptible, options, "list()");
    const groups = new Groups();
    const letters: ListedLetter[] = [];
    const looked = await look(this.#place, { selection, signal, window: lookWindow(selection) }, (letter) => {
      groups.add(letter);
      if (letters.length < MOST_LISTED) letters.push(listed(letter));
    });
    return { ...looked, groups: groups.sorted(), letters };
  }

  /**
   * The letters that fit, whole: 10, unless `limit` says otherwise.
   *
   * @throws TransportError as {@link list}.
   */
  async show(options: Selection & Interruptible = {}): Promise<DeadLettersShown> {
    const { signal = never(), ...given } = readGiven(interruptible, options, "show()");
    const selection = { ...given, limit: given.limit ?? SHOWN };
    const letters: ShownLetter[] = [];
    const { matched: _, ...looked } = await look(
      this.#place,
      { selection, signal, window: lookWindow(selection) },
      (letter) => {
        const { event, message } = letter;
        letters.push({ ...listed(letter), event, headers: message.headers, body: message.body });
      },
    );
    return { ...looked, letters };
  }

  /**
   * Publishes the letters that fit to where they were meant for, in the order of the queue, unchanged but for the headers
   * that tell of their deaths and for `streamll_replayed` (how often), `streamll_replay_id` and `streamll_replayed_at`.
   * Each is confirmed first, and acknowledged then: none is lost, and a crash between the two makes a double.
   *
   * A letter that no queue takes stays where it is. See {@link ReplayReport.complete}.
   *
   * @throws StreamllError of code `JOURNAL_UNUSABLE` for a file that is not the journal of this queue.
   * @throws TransportError as {@link list}.
   */
  replay(options: ReplayOptions = {}): Promise<ReplayReport> {
    const read = readGiven(replayTable, options, "replay()");
    const { signal = never(), to, rate, dryRun = false, journal, onProgress, ...selection } = read;
    const window = dryRun ? lookWindow(selection) : workWindow(selection);
    const request = { selection, to, rate, dryRun, journal, window, signal };
    return replay(this.#place, { ...request, ...(onProgress && { progress: onProgress }) });
  }

  /**
   * Takes the letters that fit out of the queue for good.
   *
   * @throws TransportError as {@link list}.
   */
  async purge(options: PurgeOptions = {}): Promise<PurgeReport> {
    const { signal = never(), dryRun = false, ...selection } = readGiven(purgeTable, options, "purge()");
    const { limit = Number.POSITIVE_INFINITY } = selection;
    let matched = 0;
    let lost = 0;
    const looked = await walk(this.#place, {
      signal,
      most: mostOf(selection),
      window: dryRun ? lookWindow(selection) : workWindow(selection),
      async visit(letters, scan) {
        const found = letters.filter((letter) => fits(selection, letter)).slice(0, limit - matched);
        matched += found.length;
        if (!dryRun) lost += await scan.done(found.map(({ message }) => message));
        return matched >= limit || signal.aborted;
      },
    });
    return { ...looked, matched, purged: matched - lost };
  }
}

const never = () => new AbortController().signal;

/** Each letter is held until the end. */
const lookWindow = (selection: ReadSelection): number => Math.min(LARGEST_WINDOW, mostOf(selection));

/** Only what does not fit is held until the end. */
const workWindow = (selection: ReadSelection): number =>
  isNarrow(selection) ? LARGEST_WINDOW : Math.min(WINDOW, mostOf(selection));
