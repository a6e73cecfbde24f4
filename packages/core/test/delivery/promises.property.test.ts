import { DeliveryEngine } from "@streamll/core/internal";
import fc from "fast-check";
import { it } from "vitest";
import { keepsItsPromises, plan } from "./model.js";

it("keeps its promises through any run of outcomes, losses, blocks, overflows, flushes and a stop", async () => {
  await fc.assert(
    fc.asyncProperty(plan, (run) => keepsItsPromises(DeliveryEngine, run)),
    { numRuns: Number(process.env.STREAMLL_PROPERTY_RUNS ?? 250) },
  );
}, 600_000);
