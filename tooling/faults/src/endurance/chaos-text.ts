import { type LongRun, megabytes } from "./judge.js";
import type { LoopDelay } from "./messages.js";

export interface Circumstances {
  readonly seconds: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly loop: LoopDelay;
  readonly rssLimit: number;
  readonly command: string;
  readonly version: string;
}

const head = [
  "sink",
  "accepted",
  "sent",
  "failed or dropped",
  "lost",
  "twice",
  "in flight on lost connections, at most",
  "delivered again",
  "overtaken",
  "tried again",
];

/** What came out of the chaos, in Markdown. */
export function chaosText(run: LongRun, about: Circumstances): string {
  const { seconds, faults, loop, rssLimit, command, version } = about;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const sum = (of: (sink: LongRun["sinks"][number]) => number) =>
    run.sinks.reduce((all, sink) => all + of(sink), 0);
  const rows = run.sinks.map(({ name, account, verdict, inFlightAtMost }) =>
    line([
      name,
      number(account.accepted),
      number(verdict.stats.events_sent),
      Object.entries(account.unsent)
        .map(([code, count]) => `${number(count)} ${code}`)
        .join(", ") || "0",
      number(account.lost),
      number(account.duplicated),
      number(inFlightAtMost),
      number(account.redelivered),
      number(account.outOfOrder),
      number(verdict.stats.events_retried),
    ]),
  );
  const accepted = sum(({ account }) => account.accepted);
  const kinds = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
  const count = Object.values(faults).reduce((all, one) => all + one, 0);
  return [
    `\`${command}\` on RabbitMQ ${version}: ${number(accepted)} events in ${number(seconds)} s (${number(accepted / seconds)} a second), ` +
      `${count} faults, ${number(sum(({ verdict }) => verdict.stats.reconnects))} reconnects, ` +
      `${number(sum(({ account }) => account.lost))} lost. ` +
      `Resident at most ${megabytes(run.rssMaxBytes)} MB (${megabytes(rssLimit)} allowed); ` +
      `event-loop delay p50 ${loop.p50.toFixed(1)} ms, p99 ${loop.p99.toFixed(1)} ms, max ${loop.max.toFixed(0)} ms.`,
    [line(head), line(head.map(() => "---")), ...rows].join("\n"),
    `Faults: ${kinds.join(", ")}.`,
  ].join("\n\n");
}

const number = (value: number): string => Math.round(value).toLocaleString("en");
