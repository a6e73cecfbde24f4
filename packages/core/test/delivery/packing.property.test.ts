import { DeliveryEngine } from "@streamll/core/internal";
import fc from "fast-check";
import { it } from "vitest";
import { keepsEventsOfBatches, packingPlan } from "./packing-model.js";

it("the engine loses, doubles and reorders no event of a batch, whatever becomes of its connections", async () => {
  await fc.assert(
    fc.asyncProperty(packingPlan, (run) => keepsEventsOfBatches(DeliveryEngine, run)),
    { numRuns: Number(process.env.STREAMLL_PROPERTY_RUNS ?? 250) },
  );
}, 600_000);
