import type { Delivery, OutboundMessage, PublishOutcome } from "@streamll/core";
import { Pause, type Relay, randomId } from "@streamll/core/internal";
import { digestOf, Journal } from "./journal.js";
import { type ReplayTarget, replayed } from "./replayed.js";
import type { Scan } from "./scan.js";
import { fits, type Letter, mostOf, type ReadSelection } from "./selection.js";
import { CHUNK, type Looked, type Place, walk } from "./walk.js";

export interface ReplayRequest {
  readonly selection: ReadSelection;
  readonly to: ReplayTarget | undefined;
  /** Letters a second; `undefined`: no limit. */
  readonly rate: number | undefined;
  readonly dryRun: boolean;
  readonly journal: string | undefined;
  readonly window: number;
  readonly signal: AbortSignal;
  progress?(done: ReplayProgress): void;
}

export interface ReplayProgress extends Pick<Looked, "scanned" | "total"> {
  readonly replayed: number;
}

/** Letters that were not replayed for one reason. They are still in the queue. */
export interface ReplayProblem {
  readonly code: string;
  /** Of the first one. */
  readonly message: string;
  readonly count: number;
}

/** What a replay has done. */
export interface ReplayReport extends Looked {
  /** In the header `streamll_replay_id` of what was replayed. */
  readonly replayId: string;
  /** Fitted the selection. */
  readonly matched: number;
  /** Published and confirmed; in a dry run, what would be published. */
  readonly replayed: number;
  /** Only acknowledged: the journal says that an earlier run replayed them. */
  readonly acknowledged: number;
  /** Still in the queue, with the reasons in {@link problems}. */
  readonly failed: number;
  /**
   * Ids of letters that may have been published twice, or may have been published and are in the queue still: a run was
   * cut off between publish and confirm, or got no answer. With a journal, those of its earlier runs too.
   */
  readonly doubtful: readonly string[];
  /** Replayed, but the connection was lost before the acknowledgement: with a journal, the next run only acknowledges. */
  readonly unacknowledged: number;
  readonly problems: readonly ReplayProblem[];
  /** All that fitted was replayed, and nothing is in doubt. */
  readonly complete: boolean;
}

/** Publishes dead letters again, in the order of the queue: confirmed first, acknowledged then. */
export async function replay(place: Place, request: ReplayRequest): Promise<ReplayReport> {
  const { dryRun, window, signal, progress } = request;
  const journal =
    dryRun || request.journal === undefined ? undefined : await Journal.open(request.journal, place.queue);
  const run = new Run(place, request, journal);
  try {
    const looked = await walk(place, {
      ...{ window, signal, most: mostOf(request.selection) },
      visit: (letters, scan, relay) => run.visit(letters, scan, relay),
      progress: ({ scanned, total }) => progress?.({ scanned, total, replayed: run.replayed }),
    });
    return run.report(looked);
  } finally {
    run.end();
    await journal?.close();
  }
}

/** A letter on its way. */
interface Sending {
  readonly delivery: Delivery;
  readonly outbound: OutboundMessage;
  readonly digest: string;
}

class Run {
  replayed = 0;
  readonly #place: Place;
  readonly #request: ReplayRequest;
  readonly #journal: Journal | undefined;
  readonly #replayId: string;
  readonly #startedAt: number;
  readonly #pause: Pause;
  readonly #problems = new Map<string, { code: string; message: string; count: number }>();
  readonly #doubtful: string[];
  /** Of those, the ones that the journal does not have yet. */
  readonly #newlyDoubtful: string[] = [];
  /** Exchanges that took something, and those that are not there. */
  readonly #exchanges = new Map<string, PublishOutcome>();
  #matched = 0;
  #acknowledged = 0;
  #unacknowledged = 0;

  constructor(place: Place, request: ReplayRequest, journal: Journal | undefined) {
    this.#place = place;
    this.#request = request;
    this.#journal = journal;
    this.#replayId = journal?.replayId ?? randomId();
    this.#doubtful = [...(journal?.doubtful ?? [])];
    this.#startedAt = place.clock.now();
    this.#pause = new Pause(place.clock);
    request.signal.addEventListener("abort", this.#interrupt);
  }

  /** `true`: all is done that was asked for. */
  async visit(letters: readonly Letter[], scan: Scan, relay: Relay): Promise<boolean> {
    const { selection, dryRun, rate = Number.POSITIVE_INFINITY, signal } = this.#request;
    const { limit = Number.POSITIVE_INFINITY } = selection;
    const most = Math.max(1, Math.min(CHUNK, Math.ceil(rate / 10)));
    const sendings: Sending[] = [];
    const known: Delivery[] = [];
    let isEnough = false;
    for (const letter of letters) {
      // It has died again: all behind it came since the beginning too.
      isEnough = letter.failure.replayId === this.#replayId || this.#matched >= limit || signal.aborted;
      if (isEnough) break;
      if (!fits(selection, letter)) continue;
      this.#matched++;
      const sending = this.#sendingOf(letter, known);
      if (sending === undefined) continue;
      if (dryRun) {
        this.replayed++;
        continue;
      }
      // The first to an exchange goes alone: where there is none, the broker ends the channel with all that is under way.
      const isFirst = !this.#exchanges.has(sending.outbound.exchange!);
      if (isFirst) await this.#send(sendings.splice(0), scan, relay);
      sendings.push(sending);
      if (isFirst || sendings.length >= most) await this.#send(sendings.splice(0), scan, relay);
    }
    await this.#send(sendings, scan, relay);
    this.#acknowledged += known.length;
    this.#unacknowledged += await scan.done(known);
    return isEnough || this.#matched >= limit || scan.incomplete === "lost";
  }

  end(): void {
    this.#request.signal.removeEventListener("abort", this.#interrupt);
  }

  report(looked: Looked): ReplayReport {
    const problems = [...this.#problems.values()];
    const failed = problems.reduce((sum, { count }) => sum + count, 0);
    const unacknowledged = this.#unacknowledged;
    const open = failed + unacknowledged + this.#doubtful.length;
    return {
      ...looked,
      replayId: this.#replayId,
      matched: this.#matched,
      replayed: this.replayed,
      acknowledged: this.#acknowledged,
      failed,
      doubtful: [...new Set(this.#doubtful)],
      unacknowledged,
      problems,
      complete: open === 0 && looked.incomplete === undefined,
    };
  }

  readonly #interrupt = () => this.#pause.cut();

  /** `undefined` for what is not to be sent. */
  #sendingOf({ message }: Letter, known: Delivery[]): Sending | undefined {
    const { to } = this.#request;
    const outbound = replayed(message, { replayId: this.#replayId, to, home: this.#place.home });
    if (outbound === undefined) {
      const text = "the message does not say where it was meant for: name a place with to (--to)";
      this.#problem("NO_TARGET", text);
      return undefined;
    }
    const digest = this.#journal === undefined ? "" : digestOf(message);
    const remembered = this.#journal?.recall(digest) ?? "new";
    if (remembered === "confirmed") {
      known.push(message);
      return undefined;
    }
    if (remembered === "doubtful") this.#doubt(message);
    const refusal = this.#exchanges.get(outbound.exchange!);
    if (refusal?.kind === "refused") {
      this.#problem(refusal.error.code, refusal.error.message);
      return undefined;
    }
    return { delivery: message, outbound, digest };
  }

  async #send(sendings: readonly Sending[], scan: Scan, relay: Relay): Promise<void> {
    if (sendings.length === 0 || scan.incomplete === "lost" || this.#request.signal.aborted) return;
    await this.#journal?.doubt(this.#newlyDoubtful.splice(0));
    await this.#journal?.intend(sendings.map(({ digest }) => digest));
    const answers = await relay.send(sendings.map(({ outbound }) => outbound));
    const outcomes = sendings.length === 1 ? answers.map(ofOneAlone) : answers;
    const confirmed = sendings.filter((_, index) => outcomes[index]!.kind === "confirmed");
    const refused = sendings.filter((_, index) => outcomes[index]!.kind === "refused");
    await this.#journal?.confirm(confirmed.map(({ digest }) => digest));
    await this.#journal?.refuse(refused.map(({ digest }) => digest));
    this.replayed += confirmed.length;
    for (const [index, { delivery, outbound }] of sendings.entries())
      this.#answered(outcomes[index]!, delivery, outbound);
    this.#unacknowledged += await scan.done(confirmed.map(({ delivery }) => delivery));
    if (outcomes.some(isCutOff)) scan.incomplete ??= "lost";
    await this.#pace();
  }

  #answered(outcome: PublishOutcome, delivery: Delivery, { exchange = "" }: OutboundMessage): void {
    const isMissing = outcome.kind === "refused" && outcome.error.kind === "not-found";
    if (outcome.kind === "confirmed" || isMissing) this.#exchanges.set(exchange, outcome);
    if (outcome.kind === "refused") this.#problem(outcome.error.code, outcome.error.message);
    if (outcome.kind !== "unknown") return;
    this.#doubt(delivery);
    this.#problem(outcome.error?.code ?? "NO_ANSWER", outcome.error?.message ?? "the broker gave no answer");
  }

  #doubt({ messageId = "(no message-id)" }: Delivery): void {
    this.#doubtful.push(messageId);
    this.#newlyDoubtful.push(messageId);
  }

  #problem(code: string, message: string): void {
    const problem = this.#problems.get(code) ?? { code, message, count: 0 };
    problem.count++;
    this.#problems.set(code, problem);
  }

  async #pace(): Promise<void> {
    const { rate, signal } = this.#request;
    if (rate === undefined || signal.aborted) return;
    const due = this.#startedAt + (this.replayed / rate) * 1000;
    await this.#pause.wait(due - this.#place.clock.now());
  }
}

/** A broker that ends the channel over the only message on it has not stored that one. */
function ofOneAlone(outcome: PublishOutcome): PublishOutcome {
  if (outcome.kind !== "unknown" || outcome.error === undefined) return outcome;
  const { kind } = outcome.error;
  return kind === "not-found" || kind === "permission" ? { kind: "refused", error: outcome.error } : outcome;
}

/** Nothing gets to the broker now: to go on would only make more of it. */
const isCutOff = (outcome: PublishOutcome): boolean =>
  outcome.kind === "unknown" ||
  (outcome.kind === "refused" &&
    ["unreachable", "timeout", "auth", "tls", "blocked"].includes(outcome.error.kind));
