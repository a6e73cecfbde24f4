import { type Row, rowsOf } from "../fault.js";
import { batchFaults } from "./batches.js";
import { brokerFaults } from "./broker.js";
import { clusterFaults } from "./cluster.js";
import { hostFaults } from "./host.js";
import { networkFaults } from "./network.js";
import { pubsubFaults } from "./pubsub.js";
import { refusals } from "./refusals.js";
import { securityFaults } from "./security.js";
import { serviceBusFaults } from "./service-bus.js";
import { shortages } from "./shortages.js";

const faults = [
  ...brokerFaults,
  ...networkFaults,
  ...shortages,
  ...refusals,
  ...clusterFaults,
  ...securityFaults,
  ...hostFaults,
  ...serviceBusFaults,
  ...pubsubFaults,
  ...batchFaults,
];

/** Every fault on every protocol that it applies to. */
export const matrix: readonly Row[] = faults.flatMap(rowsOf);
