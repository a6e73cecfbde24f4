import type { ConsumingFault } from "./fault.js";
import type { ReplayFault } from "./replay/fault.js";
import { runReplay } from "./replay/run.js";
import type { ConsumingResult } from "./result.js";
import { runConsuming } from "./run.js";
import type { Seat } from "./seat.js";

/** Brings any fault of those about that read. */
export async function runFault(seat: Seat<ConsumingFault | ReplayFault>): Promise<ConsumingResult> {
  const { fault, over, place } = seat;
  const { number, title } = fault;
  const version = "faults" in place ? "as Service Bus" : place.version;
  return { number, title, over, version, ...(await outcomeOf(seat, fault)) };
}

function outcomeOf(seat: Seat<unknown>, fault: ConsumingFault | ReplayFault) {
  if (!("replay" in fault)) return runConsuming({ ...seat, fault });
  if ("faults" in seat.place) throw new Error("a replay needs a broker");
  return runReplay(fault, seat.place);
}
