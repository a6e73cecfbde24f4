import { TransportError, type TransportOptions } from "@streamll/core";
import type { Condition } from "./faults.js";

/** Gives up a broker that is silent for two heartbeats, as clients of real brokers do. */
export function heartbeatOf(
  condition: Condition,
  { heartbeatMs }: Pick<TransportOptions, "heartbeatMs">,
  giveUp: (error: TransportError) => void,
) {
  let missed: NodeJS.Timeout | undefined;
  return {
    /** At each change of the condition. */
    listen(): void {
      clearTimeout(missed);
      if (!condition.silent || heartbeatMs === 0) return;
      const late = () => giveUp(new TransportError("timeout", "heartbeat timeout: the broker is silent"));
      missed = setTimeout(late, 2 * heartbeatMs).unref();
    },
    stop: () => clearTimeout(missed),
  };
}
