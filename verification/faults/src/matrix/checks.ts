import type { Run } from "../run.js";

/** Events of a sink whose connection ended, and was made again. */
export const lostAndBack = ["disconnected", "connected"] as const;

/** What health says while nobody answers at the broker's address. */
export const unreachable = [/^degraded, .*TRANSPORT_UNREACHABLE/] as const;

/** From the beginning of the fault on. */
export function alwaysUp(run: Run): string[] {
  const unwell = run.timeline.some(
    ({ at, ...said }) => at >= run.faultAt && said.kind === "sample" && said.health.status === "degraded",
  );
  return [...neverLost(run), ...(unwell ? ["health() was not up all the time"] : [])];
}

/** Through the whole run. */
export const neverLost = (run: Run): string[] => lostAtMost(0, run);

/** Through the whole run. */
export function lostAtMost(most: number, { timeline }: Run): string[] {
  const lost = timeline.filter(
    (moment) => moment.kind === "event" && moment.name === "disconnected" && moment.hadError,
  );
  return lost.length <= most ? [] : [`${lost.length} connections were lost`];
}
