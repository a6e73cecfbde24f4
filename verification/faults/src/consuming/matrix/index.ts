import type { ConsumingFault } from "../fault.js";
import { clusterFaults } from "./cluster.js";
import { connectionFaults } from "./connection.js";
import { deadLetterFaults } from "./dead-letters.js";
import { handlerFaults } from "./handlers.js";
import { processFaults } from "./process.js";
import { queueFaults } from "./queue.js";

/** All faults that a consumer meets, by their numbers. */
export const consumingFaults: readonly ConsumingFault[] = [
  ...connectionFaults,
  ...queueFaults,
  ...handlerFaults,
  ...processFaults,
  ...deadLetterFaults,
  ...clusterFaults,
].sort((one, other) => one.number - other.number);

/** Whether a fault can be brought about there. */
export const isForBroker = ({ on, since = 0 }: ConsumingFault, version: string): boolean =>
  on === undefined && Number.parseInt(version, 10) >= since;
