import type { DeliveryErrorCode } from "../errors.js";
import type { FlushReport } from "./report.js";

/** How an event was settled. A `code` says why it was not sent. */
export type Settlement =
  | { readonly as: "sent" }
  | { readonly as: "failed" | "dropped"; readonly code: DeliveryErrorCode };

export const SENT: Settlement = { as: "sent" };

/** Events that are not settled: `spooled` ones are on the disk alone, `pending` ones in memory. */
export type Open = Pick<FlushReport, "pending" | "spooled">;

/** How many events were settled in which way. */
export class Tally {
  sent = 0;
  failed = 0;
  dropped = 0;
  readonly failures = new Map<DeliveryErrorCode, number>();

  add(settlement: Settlement, events = 1): void {
    this[settlement.as] += events;
    if (settlement.as !== "sent") this.#addFailures(settlement.code, events);
  }

  /** Adds `other`, or subtracts it with -1. */
  addAll(other: Tally, sign: 1 | -1 = 1): this {
    this.sent += sign * other.sent;
    this.failed += sign * other.failed;
    this.dropped += sign * other.dropped;
    for (const [code, count] of other.failures) this.#addFailures(code, sign * count);
    return this;
  }

  report(rejected: number, open: Open, durationMs: number): FlushReport {
    const { sent, failed, dropped } = this;
    const failures = Object.fromEntries([...this.failures].filter(([, count]) => count > 0));
    return { sent, failed, dropped, rejected, ...open, failures, durationMs };
  }

  #addFailures(code: DeliveryErrorCode, count: number): void {
    this.failures.set(code, (this.failures.get(code) ?? 0) + count);
  }
}
