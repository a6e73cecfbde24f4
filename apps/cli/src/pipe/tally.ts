import type { Receipt } from "@streamll/core";

/** The outcomes of a pipe's lines. */
export class Tally {
  readonly #startedAt = performance.now();
  events = 0;
  confirmed = 0;
  /** Written, where confirms are off. */
  written = 0;
  /** Events that `--event-filter` left out. */
  leftOut = 0;
  badLines = 0;
  bytes = 0;
  readonly failures: Record<string, number> = {};
  failed = 0;

  delivered({ confirmed, attempts }: Receipt): void {
    if (confirmed) this.confirmed++;
    else if (attempts === 0) this.leftOut++;
    else this.written++;
  }

  fail(code: string): void {
    this.failed++;
    this.failures[code] = (this.failures[code] ?? 0) + 1;
  }

  get sent(): number {
    return this.confirmed + this.written;
  }

  summary(): Summary {
    const { events, confirmed, written, leftOut, failed, failures, badLines, bytes } = this;
    const durationMs = Math.round(performance.now() - this.#startedAt);
    const seconds = Math.max(durationMs, 1) / 1000;
    return {
      events,
      confirmed,
      written,
      leftOut,
      failed,
      failures,
      badLines,
      bytes,
      durationMs,
      eventsPerSecond: Math.round(this.sent / seconds),
      bytesPerSecond: Math.round(bytes / seconds),
    };
  }
}

/** What `--json` prints. */
export interface Summary {
  readonly events: number;
  readonly confirmed: number;
  readonly written: number;
  readonly leftOut: number;
  readonly failed: number;
  /** Number of failed events by code. */
  readonly failures: Readonly<Record<string, number>>;
  readonly badLines: number;
  /** Of the lines that were events. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
}

const number = (value: number) => value.toLocaleString("en");

const counted = (value: number, what: string) => `${number(value)} ${what}${value === 1 ? "" : "s"}`;

export function summaryText(summary: Summary): string {
  const { confirmed, written, leftOut, failed, failures, badLines } = summary;
  const codes = Object.entries(failures).map(([code, count]) => `${code} ${number(count)}`);
  const counts = [
    `${counted(confirmed, "event")} confirmed`,
    written > 0 && `${number(written)} written without a confirm`,
    failed > 0 && `${number(failed)} failed (${codes.join(", ")})`,
    leftOut > 0 && `${number(leftOut)} left out by the filter`,
    badLines > 0 && counted(badLines, "invalid line"),
  ];
  const { durationMs, eventsPerSecond, bytesPerSecond } = summary;
  const rates = `${number(eventsPerSecond)} events/s, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
  return `${counts.filter(Boolean).join(", ")} in ${(durationMs / 1000).toFixed(2)} s (${rates})`;
}
