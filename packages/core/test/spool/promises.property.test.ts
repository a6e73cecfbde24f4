import { DeliveryEngine } from "@streamll/core/internal";
import fc from "fast-check";
import { it } from "vitest";
import { keepsItsEvents } from "./model.js";
import { plan } from "./plan.js";

it("a spool keeps its promises through runs of kills, failing and slow disks, and lost power", async () => {
  await fc.assert(
    fc.asyncProperty(plan, (run) => keepsItsEvents(DeliveryEngine, run)),
    { numRuns: 400, seed: 7 },
  );
}, 600_000);
