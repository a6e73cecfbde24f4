import { DeliveryEngine } from "@streamll/core/internal";
import fc from "fast-check";
import { it } from "vitest";
import { damagePlan, deliversWhatIsWhole } from "./damage-model.js";

it("what a killed program has left is delivered as far as it is whole, wherever a file is cut or damaged", async () => {
  await fc.assert(
    fc.asyncProperty(damagePlan, (plan) => deliversWhatIsWhole(DeliveryEngine, plan)),
    { numRuns: Number(process.env.STREAMLL_PROPERTY_RUNS ?? 250) },
  );
}, 120_000);
