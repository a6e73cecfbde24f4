import type { ConsumingFault, FaultOfReading } from "../fault.js";
import type { ReplayFault } from "../replay/fault.js";
import type { ConsumingPlace, ConsumingProtocol } from "../seat.js";
import { clusterFaults } from "./cluster.js";
import { connectionFaults } from "./connection.js";
import { deadLetterFaults } from "./dead-letters.js";
import { handlerFaults } from "./handlers.js";
import { processFaults } from "./process.js";
import { queueFaults } from "./queue.js";
import { replayFaults } from "./replay.js";
import { serviceBusFaults } from "./service-bus.js";
import { streamFaults } from "./streams.js";

/** All faults that a consumer or a replay meets, by their numbers. */
export const consumingFaults: readonly (ConsumingFault | ReplayFault)[] = [
  ...connectionFaults,
  ...queueFaults,
  ...handlerFaults,
  ...processFaults,
  ...deadLetterFaults,
  ...clusterFaults,
  ...streamFaults,
  ...serviceBusFaults,
  ...replayFaults,
].sort((one, other) => one.number - other.number);

/** Over which protocols a fault can be brought about there. */
export function protocolsAt(
  { on, over = ["amqp"], since = 0, before = Number.POSITIVE_INFINITY }: FaultOfReading,
  place: ConsumingPlace,
): readonly ConsumingProtocol[] {
  if ("faults" in place) return over.filter((protocol) => protocol === "service-bus");
  const major = Number.parseInt(place.version, 10);
  if (on !== undefined || major < since || Number.parseFloat(place.version) >= before) return [];
  return over.filter((protocol) => protocol !== "service-bus" && (protocol !== "amqp10" || major >= 4));
}
