import type { Verdict } from "@streamll/core";
import { ACCEPTED, FAILED, RELEASED, rejected } from "../consuming/states.js";
import { cutDeath } from "./entity-management.js";

/** What Service Bus makes of a state; https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide */
export function stateOf(verdict: Verdict): Buffer {
  if (verdict.kind === "done") return ACCEPTED;
  if (verdict.kind === "again") return verdict.failed ? FAILED : RELEASED;
  const { reason, description } = cutDeath(verdict);
  return rejected({
    condition: "com.microsoft:dead-letter",
    description,
    info: { DeadLetterReason: reason, DeadLetterErrorDescription: description },
  });
}
