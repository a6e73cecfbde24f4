import type { Moment } from "./host-program.js";
import type { Run } from "./run.js";

/** A line a moment, in seconds from the beginning of the fault on; of the samples only those where health changes. */
export function timelineText({ timeline, faultAt }: Pick<Run, "timeline" | "faultAt">): string {
  const start = Number.isFinite(faultAt) ? faultAt : (timeline[0]?.at ?? 0);
  let last = "";
  return timeline
    .flatMap((moment) => {
      const words = wordsOf(moment);
      const changed = moment.kind !== "sample" || stateOf(words) !== last;
      if (moment.kind === "sample") last = stateOf(words);
      return changed ? [`${((moment.at - start) / 1000).toFixed(2).padStart(8)}  ${words}`] : [];
    })
    .join("\n");
}

const stateOf = (words: string) => words.replace(/ \(.*/, "");

function wordsOf(moment: Moment): string {
  switch (moment.kind) {
    case "event":
      return `${moment.name} ${moment.text}`;
    case "sample": {
      const { health, stats } = moment;
      const { events_sent, events_in_flight, events_buffered } = stats;
      const { code = "" } = health.lastError ?? {};
      return `health: ${health.status} ${health.circuitState} ${code} (${events_sent} sent, ${events_in_flight} in flight, ${events_buffered} buffered)`;
    }
    case "flushed":
    case "stopped":
      return `${moment.kind} ${JSON.stringify(moment.report)}`;
    default:
      return `${moment.kind}: ${"text" in moment ? moment.text : ""}`;
  }
}
