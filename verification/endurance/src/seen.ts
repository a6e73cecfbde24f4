import { type Exit, shareOfLane } from "@streamll/harness";
import type { LongRun } from "./judge.js";
import type { Rig } from "./rig.js";

/** What came out of a run that has ended. */
export function seenOf(rig: Rig, exit: Exit): LongRun {
  const sinks = rig.stations.map(({ name, options, ledger, losses, mayFail = [] }, place) => {
    const verdict = rig.verdicts![place]!;
    // A lane has at most its share in flight when it loses its connection.
    const inFlightAtMost = losses * shareOfLane(options, "amqp");
    return { name, account: ledger.account(verdict.accepted), verdict, inFlightAtMost, mayFail };
  });
  return { sinks, exit, uncaught: rig.uncaught, rssMaxBytes: rig.sample.rssMaxBytes };
}
