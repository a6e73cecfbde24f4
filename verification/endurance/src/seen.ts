import { defaults, type Exit, poolSizes } from "@streamll/harness";
import type { LongRun } from "./judge.js";
import type { Rig } from "./rig.js";

/** What came out of a run that has ended. */
export function seenOf(rig: Rig, exit: Exit): LongRun {
  const sinks = rig.stations.map(({ name, options, ledger, losses, mayFail = [] }, place) => {
    const verdict = rig.verdicts![place]!;
    const { connectionPoolSize = poolSizes.amqp, maxInFlight = defaults.maxInFlight } = options;
    // A lane has at most its share in flight when it loses its connection.
    const inFlightAtMost = losses * Math.floor(maxInFlight / connectionPoolSize);
    return { name, account: ledger.account(verdict.accepted), verdict, inFlightAtMost, mayFail };
  });
  return { sinks, exit, uncaught: rig.uncaught, rssMaxBytes: rig.sample.rssMaxBytes };
}
