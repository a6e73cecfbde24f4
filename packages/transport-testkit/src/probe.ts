import type {
  Flow,
  OutboundMessage,
  PublishOutcome,
  TransportConnection,
  TransportError,
} from "@streamll/core";
import { isTransportError } from "@streamll/core/internal";
import { BrokenRuleError, type RuleName } from "./rules.js";
import { viewOf } from "./view.js";
import { until, within } from "./waiting.js";

/** One message as it was handed over, and what the transport said of it. */
export interface Handed {
  readonly message: OutboundMessage;
  readonly lane: number;
  outcome: PublishOutcome | undefined;
}

export interface ProbeSetup {
  readonly lane: number;
  /** Whether outcomes are to be `confirmed`. */
  readonly confirms: boolean;
  readonly timeoutMs: number;
  readonly broken: (error: BrokenRuleError) => void;
}

/** Drives one connection as the engine does, and keeps a record of all that it says. */
export class Probe {
  readonly connection: TransportConnection;
  readonly handed: Handed[] = [];
  flow: Flow | undefined;
  /** Set once `closed` has settled; `at` as `performance.now()` tells it. */
  end: { readonly error: TransportError | undefined; readonly at: number } | undefined;
  /** When the latest outcome came: the peer had sent something by then. */
  heardAt = performance.now();
  /** The connection ended before all could be handed over. */
  #cutShort = false;
  #kept = false;
  readonly #setup: ProbeSetup;
  #credit = 0;

  constructor(connection: TransportConnection, setup: ProbeSetup) {
    this.connection = connection;
    this.#setup = setup;
    connection.closed.then(
      (error) => {
        this.end = { error, at: performance.now() };
        if (error !== undefined && !isTransportError(error)) {
          this.#broke("closed-never-rejects", `closed gave ${String(error)}, which is no TransportError.`);
        }
      },
      (error: unknown) => {
        this.end = { error: undefined, at: performance.now() };
        this.#broke("closed-never-rejects", `closed rejected with ${String(error)}.`, error);
      },
    );
    connection.onFlow((flow) => this.#flowed(flow));
    if (this.flow === undefined)
      this.#broke("flow-at-once", "onFlow() returned and the listener had heard nothing.");
    if (this.flow === undefined) this.#credit = Number.POSITIVE_INFINITY;
  }

  get lane(): number {
    return this.#setup.lane;
  }

  get credit(): number {
    return this.#credit;
  }

  /** Hands a batch over as it is, whatever the credit. */
  hand(batch: readonly OutboundMessage[]): readonly Handed[] {
    const handed = batch.map((message): Handed => ({ message, lane: this.lane, outcome: undefined }));
    const late = this.end !== undefined;
    if (!late) this.handed.push(...handed);
    const view = viewOf(batch, (what) => this.#keptView(what));
    this.#credit -= batch.length;
    try {
      // What is said of a batch that came after the end is ignored, as the engine does.
      this.connection.publish(view.batch, (from, to, outcome) => {
        if (!late) this.#settle(handed, from, to, outcome);
        for (let index = from; index < to && index < handed.length; index++) view.settled(index);
      });
    } catch (error) {
      this.#broke(
        "publish-never-throws",
        `publish() of ${batch.length} messages threw ${String(error)}.`,
        error,
      );
    }
    return handed;
  }

  /** Hands messages over in batches of at most `size`, never more at a time than there is credit for. */
  async publish(messages: readonly OutboundMessage[], size = messages.length): Promise<void> {
    for (let from = 0; from < messages.length && this.end === undefined; ) {
      if (this.#credit < 1 && !(await until(this.#setup.timeoutMs, () => this.#credit >= 1))) {
        throw new BrokenRuleError(
          "flow-blocked",
          `credit stayed 0 for ${this.#setup.timeoutMs} ms, with ${from} of ${messages.length} messages handed over.`,
        );
      }
      const to = from + Math.min(size, this.#credit, messages.length - from);
      this.hand(messages.slice(from, to));
      from = to;
    }
    this.#cutShort ||= messages.length > 0 && this.end !== undefined;
  }

  /** Waits until every message has an outcome. */
  async settled(): Promise<void> {
    let open = this.handed.filter(({ outcome }) => outcome === undefined);
    const done = await until(this.#setup.timeoutMs, () => {
      open = open.filter(({ outcome }) => outcome === undefined);
      return open.length === 0 || this.end !== undefined;
    });
    if (open.length === 0) return;
    const why = done
      ? `closed settled (${this.end?.error?.message ?? "in good order"})`
      : `${this.#setup.timeoutMs} ms passed`;
    throw new BrokenRuleError(
      "settled-all",
      `${why}, and ${open.length} of ${this.handed.length} messages had no outcome; ` +
        `the first of them is number ${this.handed.indexOf(open[0]!)}.`,
    );
  }

  /** Waits until every message has the outcome that a healthy broker gives. */
  async delivered(): Promise<void> {
    await this.settled();
    if (this.#cutShort)
      throw new BrokenRuleError(
        "delivers",
        "closed had settled although the connection was not told to end and its broker was healthy.",
      );
    const index = this.handed.findIndex(({ outcome }) => !isSent(outcome));
    if (index < 0) return;
    const outcome = this.handed[index]?.outcome;
    throw new BrokenRuleError(
      "delivers",
      `message ${index} of ${this.handed.length} was settled as ${describe(outcome)} on a healthy connection.`,
    );
  }

  /** Waits for the end of the connection. */
  async ended(rule: RuleName = "closed-settles"): Promise<TransportError | undefined> {
    const { timeoutMs } = this.#setup;
    if (!(await until(timeoutMs, () => this.end !== undefined))) {
      throw new BrokenRuleError(
        rule,
        `The connection was ended, and closed had not settled ${timeoutMs} ms later.`,
      );
    }
    return this.end?.error;
  }

  /** Closes the connection, and waits for `closed`. */
  async close(
    signal = AbortSignal.timeout(this.#setup.timeoutMs),
    boundMs = this.#setup.timeoutMs,
  ): Promise<void> {
    const rule = signal.aborted ? "close-aborts" : "close-resolves";
    const closing = within(
      boundMs,
      this.connection.close(signal),
      () => new BrokenRuleError(rule, `close() had not resolved after ${boundMs} ms.`),
    );
    await closing.catch((error: unknown) => {
      if (error instanceof BrokenRuleError) throw error;
      throw new BrokenRuleError("close-resolves", `close() rejected with ${String(error)}.`, {
        cause: error,
      });
    });
    await this.ended();
  }

  #keptView(what: string): void {
    if (this.#kept) return;
    this.#kept = true;
    this.#broke("lifetime", `It looked at ${what} after publish() had returned.`);
  }

  #flowed(flow: Flow): void {
    this.flow = flow;
    this.#credit = flow.credit;
    if (flow.credit === Number.POSITIVE_INFINITY || (Number.isInteger(flow.credit) && flow.credit >= 0))
      return;
    this.#broke("flow-credit", `onFlow() told a credit of ${flow.credit}.`);
  }

  #settle(handed: readonly Handed[], from: number, to: number, outcome: PublishOutcome): void {
    this.heardAt = performance.now();
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || from >= to || to > handed.length) {
      return this.#broke(
        "settle-range",
        `settle(${from}, ${to}) was called for a batch of ${handed.length} messages.`,
      );
    }
    if (this.end !== undefined) {
      this.#broke(
        "closed-last",
        `Messages ${from} to ${to} were settled as ${describe(outcome)} after closed had settled.`,
      );
    }
    const wrong = this.#wrongOutcome(outcome);
    if (wrong !== undefined) this.#broke("outcome-kind", wrong);
    for (let index = from; index < to; index++) {
      const entry = handed[index]!;
      if (entry.outcome !== undefined) {
        return this.#broke(
          "settled-once",
          `Message ${index} of a batch of ${handed.length} was settled as ${describe(entry.outcome)}, ` +
            `and again as ${describe(outcome)}.`,
        );
      }
      entry.outcome = outcome;
    }
  }

  #wrongOutcome(outcome: PublishOutcome): string | undefined {
    switch (outcome.kind) {
      case "confirmed":
        return undefined;
      case "written":
        return this.#setup.confirms ? "An outcome was written although confirms are on." : undefined;
      case "refused":
        return isTransportError(outcome.error)
          ? undefined
          : `refused came with ${String(outcome.error)} as its error.`;
      case "unknown":
        if (outcome.error === undefined || isTransportError(outcome.error)) return undefined;
        return `unknown came with ${String(outcome.error)} as its error.`;
      default:
        return `An outcome had the kind ${JSON.stringify((outcome as { kind: unknown }).kind)}.`;
    }
  }

  #broke(rule: RuleName, happened: string, cause?: unknown): void {
    this.#setup.broken(new BrokenRuleError(rule, happened, cause === undefined ? undefined : { cause }));
  }
}

export function isSent(outcome: PublishOutcome | undefined): boolean {
  return outcome?.kind === "confirmed" || outcome?.kind === "written";
}

export function describe(outcome: PublishOutcome | undefined): string {
  if (outcome === undefined) return "nothing";
  return "error" in outcome && outcome.error ? `${outcome.kind} (${outcome.error.message})` : outcome.kind;
}
