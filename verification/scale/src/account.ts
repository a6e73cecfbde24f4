import { idOf } from "./messages.js";

/** What became of the events of all sinks, by what the reader found. */
export interface Account {
  readonly accepted: number;
  /** Different events that were found. */
  readonly delivered: number;
  readonly lost: number;
  /** Messages beyond the first of an event: those that the sink sent again, and those that the broker did. */
  readonly repeated: number;
  /** Messages that are none of the sinks' events. */
  readonly foreign: number;
}

/** @param accepted by process, how many events each of its sinks took; they are numbered from 0 on. */
export function accountOf(
  found: ReadonlyMap<string, number>,
  accepted: readonly (readonly number[])[],
): Account {
  let [total, delivered, messages] = [0, 0, 0];
  for (const [place, sinks] of accepted.entries())
    for (const [sink, count] of sinks.entries()) {
      total += count;
      for (let index = 0; index < count; index++) {
        const times = found.get(idOf(place, sink, index)) ?? 0;
        if (times > 0) delivered++;
        messages += times;
      }
    }
  const all = [...found.values()].reduce((sum, times) => sum + times, 0);
  return {
    accepted: total,
    delivered,
    lost: total - delivered,
    repeated: messages - delivered,
    foreign: all - messages,
  };
}
