import { markdownTable } from "@streamll/evidence";
import type { Restart, Size } from "./restart.js";

export const sizeText = (size: Size, runs: readonly Restart[]): string =>
  `${count(size.processes * size.sinks)} sinks in ${size.processes} processes on one RabbitMQ ${runs[0]!.version}, ` +
  `${count(size.perSecond)} events/s in all; the broker is stopped for ${size.downSeconds} s.`;

export function restartTable(runs: readonly Restart[]): string {
  const columns: Readonly<Record<string, (run: Restart) => string>> = {
    "pauses before a reconnect": ({ jitter }) =>
      jitter ? "with jitter, as in the product" : "without jitter",
    events: ({ account }) => count(account.accepted),
    lost: ({ account }) => count(account.lost),
    repeated: ({ account }) => count(account.repeated),
    "connects/s at the peak": ({ peakPerSecond }) => count(peakPerSecond),
    "connections opened": ({ opened }) => count(opened),
    "half of the sinks are back": ({ halfMs }) => seconds(halfMs),
    "all sinks are back": ({ allMs }) => seconds(allMs),
    "all that waited is delivered": ({ settledMs }) => seconds(settledMs),
  };
  return markdownTable(
    Object.keys(columns),
    runs.map((run) => Object.values(columns).map((column) => column(run))),
  );
}

export const count = (value: number): string => Math.round(value).toLocaleString("en");

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
