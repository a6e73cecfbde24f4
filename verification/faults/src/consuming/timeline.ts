import type { ConsumerSaid } from "./messages.js";

/** Something that a program said, by the clock of the bench. */
export type Moment = ConsumerSaid & {
  readonly at: number;
  /** The program, from 0. */
  readonly by: number;
};

/** Events with their codes, and health, each once. */
export function wordsSince(since: number, timeline: readonly Moment[]): string[] {
  const words = new Set<string>();
  for (const moment of timeline) {
    if (moment.at < since) continue;
    if (moment.kind === "event") words.add(`${moment.name} ${moment.code}`.trim());
    if (moment.kind === "sample") words.add(moment.health.status);
  }
  return [...words];
}
