import { DeliveryEngine } from "@streamll/core/internal";
import fc from "fast-check";
import { it } from "vitest";
import { killPlan, storesEachOnce } from "./kills-model.js";

it("a broker that deduplicates has each event once after a kill at any time, whatever came before", async () => {
  await fc.assert(
    fc.asyncProperty(killPlan, (plan) => storesEachOnce(DeliveryEngine, plan)),
    { numRuns: Number(process.env.STREAMLL_PROPERTY_RUNS ?? 250) },
  );
}, 120_000);
