import type { Health } from "@streamll/core";
import type { Run } from "./run.js";

/** What the sink said from the beginning of the fault on, each text once. */
export function sayings({ timeline, faultAt }: Pick<Run, "timeline" | "faultAt">) {
  const health = new Set<string>();
  const events = new Set<string>();
  const log = new Set<string>();
  for (const moment of timeline) {
    if (moment.at < faultAt) continue;
    if (moment.kind === "sample") for (const text of inWords(moment.health)) health.add(text);
    if (moment.kind === "event") events.add(moment.name);
    if (moment.kind === "log") log.add(moment.text);
  }
  return { health: [...health], events: [...events], log: [...log] };
}

/** As in "degraded, circuit open, TRANSPORT_UNREACHABLE: connect ECONNREFUSED …", and each problem by itself. */
function inWords({ status, circuitState, blocked, lastError, problems }: Health): string[] {
  const parts: string[] = [status];
  if (circuitState !== "closed") parts.push(`circuit ${circuitState}`);
  if (blocked !== undefined) parts.push(`blocked: ${blocked}`);
  if (lastError !== undefined) parts.push(`${lastError.code}: ${lastError.message}`);
  return [parts.join(", "), ...problems.map(({ code, message }) => `problem ${code}: ${message}`)];
}
