import { type LongRun, megabytes, type SinkSeen } from "./judge.js";
import type { LoopDelay } from "./messages.js";
import { HEAP_MIB } from "./rig.js";

export interface Circumstances {
  readonly seconds: number;
  /** How often, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly loop: LoopDelay;
  readonly rssLimit: number;
  readonly command: string;
  readonly version: string;
}

/** What came out of the chaos, in Markdown. */
export function chaosText(run: LongRun, about: Circumstances): string {
  const { seconds, faults, loop, rssLimit, command, version } = about;
  const sum = (of: (sink: SinkSeen) => number) => total(run.sinks.map(of));
  const accepted = sum(({ account }) => account.accepted);
  const kinds = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
  return [
    `\`${command}\` on RabbitMQ ${version}: ${number(accepted)} events in ${number(seconds)} s ` +
      `(${number(accepted / seconds)} a second), ${total(Object.values(faults))} faults, ` +
      `${number(sum(({ verdict }) => verdict.stats.reconnects))} reconnects, ` +
      `${number(sum(({ account }) => account.lost))} lost. ` +
      `Resident at most ${megabytes(run.rssMaxBytes)} MB (${megabytes(rssLimit)} allowed), with a heap of ${HEAP_MIB} MiB; ` +
      `event-loop delay p50 ${loop.p50.toFixed(1)} ms, p99 ${loop.p99.toFixed(1)} ms, max ${loop.max.toFixed(0)} ms.`,
    accountTable(run),
    `Faults: ${kinds.join(", ")}.`,
  ].join("\n\n");
}

const columns: Readonly<Record<string, (sink: SinkSeen) => string>> = {
  sink: ({ name }) => name,
  accepted: ({ account }) => number(account.accepted),
  sent: ({ verdict }) => number(verdict.stats.events_sent),
  "failed or dropped": ({ account }) =>
    Object.entries(account.unsent)
      .map(([code, count]) => `${number(count)} ${code}`)
      .join(", ") || "0",
  lost: ({ account }) => number(account.lost),
  twice: ({ account }) => number(account.duplicated),
  "in flight on lost connections, at most": ({ inFlightAtMost }) => number(inFlightAtMost),
  "delivered again": ({ account }) => number(account.redelivered),
  overtaken: ({ account }) => number(account.outOfOrder),
  "tried again": ({ verdict }) => number(verdict.stats.events_retried),
};

export function accountTable({ sinks }: Pick<LongRun, "sinks">): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const cellsOf = (sink: SinkSeen) => Object.values(columns).map((cell) => cell(sink));
  const head = Object.keys(columns);
  return [head, head.map(() => "---"), ...sinks.map(cellsOf)].map(line).join("\n");
}

export const number = (value: number): string => Math.round(value).toLocaleString("en");

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
