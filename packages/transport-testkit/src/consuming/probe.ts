import type { Delivery, SettlementOutcome, Subscription, TransportError, Verdict } from "@streamll/core";
import { isTransportError } from "@streamll/core/internal";
import { BrokenRuleError, type RuleName } from "../rules.js";
import { until, within } from "../waiting.js";

/** One settlement, and what was told of it. */
export interface Settled {
  readonly delivery: Delivery;
  outcome: SettlementOutcome | undefined;
}

export interface ProbeSetup {
  readonly window: number;
  readonly timeoutMs: number;
  broken(error: BrokenRuleError): void;
}

/** Takes what one subscription hands over, as the engine does, and keeps a record of all that it says. */
export class SubscriptionProbe {
  readonly received: Delivery[] = [];
  readonly #setup: ProbeSetup;
  readonly #open = new Set<Delivery>();
  #subscription: Subscription | undefined;
  #stopped = false;
  /** Set once `closed` has settled. */
  end: { readonly error: TransportError | undefined } | undefined;

  constructor(setup: ProbeSetup) {
    this.#setup = setup;
  }

  readonly receive = (deliveries: readonly Delivery[]): void => {
    const { window } = this.#setup;
    if (this.end !== undefined)
      this.#broke("subscription-closed-last", "A delivery came after closed had settled.");
    if (this.#stopped) this.#broke("stop-stops", "A delivery came after stop() had resolved.");
    for (const delivery of deliveries) {
      if (this.received.includes(delivery))
        this.#broke("in-order", "One delivery object was handed over twice.");
      this.received.push(delivery);
      this.#open.add(delivery);
    }
    if (this.#open.size > window)
      this.#broke("window", `${this.#open.size} deliveries were unsettled with a window of ${window}.`);
  };

  observe(subscription: Subscription): this {
    const missing = (["settle", "stop", "close"] as const).find(
      (name) => typeof subscription?.[name] !== "function",
    );
    if (missing !== undefined || typeof subscription.closed?.then !== "function")
      throw new BrokenRuleError(
        "subscribes",
        `subscribe() gave a subscription without ${missing ?? "closed"}.`,
      );
    this.#subscription = subscription;
    subscription.closed.then(
      (error) => {
        this.end = { error };
        if (error !== undefined && !isTransportError(error))
          this.#broke(
            "subscription-closed-last",
            `closed gave ${String(error)}, which is no TransportError.`,
          );
      },
      (error: unknown) => {
        this.end = { error: undefined };
        this.#broke("subscription-closed-last", `closed rejected with ${String(error)}.`);
      },
    );
    return this;
  }

  get ids(): (string | undefined)[] {
    return this.received.map(({ messageId }) => messageId);
  }

  /** Waits until so many deliveries have come in all. */
  async came(count: number, rule: RuleName): Promise<void> {
    if (await until(this.#setup.timeoutMs, () => this.received.length >= count || this.end !== undefined))
      if (this.received.length >= count) return;
    const happened = `${this.received.length} of ${count} deliveries had come`;
    const why = this.end === undefined ? `after ${this.#setup.timeoutMs} ms` : "when closed settled";
    throw new BrokenRuleError(rule, `${happened} ${why}.`);
  }

  settle(delivery: Delivery, verdict: Verdict = { kind: "done" }): Settled {
    const settled: Settled = { delivery, outcome: undefined };
    this.#open.delete(delivery);
    const late = this.end !== undefined;
    try {
      this.#subscription!.settle(delivery, verdict, (outcome) => {
        if (settled.outcome !== undefined)
          this.#broke("told-once", `A settlement was told ${settled.outcome}, and then ${outcome}.`);
        if (this.end !== undefined && !late)
          this.#broke("subscription-closed-last", `${outcome} was told after closed had settled.`);
        settled.outcome = outcome;
      });
    } catch (error) {
      this.#broke("told-once", `settle() threw ${String(error)}.`);
    }
    return settled;
  }

  /** Waits until something was told of each settlement. */
  async told(settlements: readonly Settled[], wanted: readonly SettlementOutcome[]): Promise<void> {
    const untold = () => settlements.filter(({ outcome }) => outcome === undefined).length;
    if (!(await until(this.#setup.timeoutMs, () => untold() === 0)))
      throw new BrokenRuleError(
        "told-once",
        `Nothing was told of ${untold()} of ${settlements.length} settlements.`,
      );
    const wrong = settlements.find(({ outcome }) => !wanted.includes(outcome!));
    if (wrong === undefined) return;
    const rule = wanted.includes("lost") ? "stale" : "told-once";
    throw new BrokenRuleError(
      rule,
      `A settlement was told ${wrong.outcome}, and not ${wanted.join(" or ")}.`,
    );
  }

  storeOffset({ partition, offset }: Delivery): void {
    const { storeOffset } = this.#subscription!;
    if (storeOffset === undefined)
      throw new BrokenRuleError("offsets", "The subscription to a log has no storeOffset.");
    storeOffset.call(this.#subscription, partition!, offset!);
  }

  async stop(): Promise<void> {
    const late = () => new BrokenRuleError("stop-stops", "stop() had not resolved in time.");
    await within(this.#setup.timeoutMs, Promise.resolve(this.#subscription!.stop()), late).catch((error) => {
      throw error instanceof BrokenRuleError
        ? error
        : new BrokenRuleError("stop-stops", `stop() rejected with ${String(error)}.`);
    });
    this.#stopped = true;
  }

  async close(signal: AbortSignal = new AbortController().signal, ms = this.#setup.timeoutMs): Promise<void> {
    const broken = (what: string) => new BrokenRuleError("subscription-close", what);
    await within(ms, Promise.resolve(this.#subscription!.close(signal)), () =>
      broken(`close() had not resolved after ${ms} ms.`),
    ).catch((error) => {
      throw error instanceof BrokenRuleError ? error : broken(`close() rejected with ${String(error)}.`);
    });
    if (!(await until(ms, () => this.end !== undefined)))
      throw broken("close() had resolved, and closed had not settled.");
  }

  /** Waits until the subscription has ended by itself. */
  async ended(rule: RuleName): Promise<TransportError | undefined> {
    if (await until(this.#setup.timeoutMs, () => this.end !== undefined)) return this.end?.error;
    throw new BrokenRuleError(rule, `closed had not settled after ${this.#setup.timeoutMs} ms.`);
  }

  #broke(rule: RuleName, happened: string): void {
    this.#setup.broken(new BrokenRuleError(rule, happened));
  }
}
