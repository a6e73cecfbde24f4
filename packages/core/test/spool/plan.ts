import type { SpoolSetup } from "@streamll/core/internal";
import fc from "fast-check";
import { type Plan as DeliveryPlan, smallOptions } from "../delivery/model.js";
import type { Call } from "./memory-disk.js";

/** One step of a run; `connection` is taken modulo what is there. */
export type Step =
  | { readonly do: "offer"; readonly execution: number; readonly count: number; readonly bytes: number }
  | { readonly do: "pass"; readonly ms: number }
  | {
      readonly do: "answer";
      readonly connection: number;
      readonly count: number;
      readonly as: "store" | "nack" | "store untold";
    }
  | { readonly do: "die"; readonly connection: number }
  /** The caller of one of the last `publish()` withdraws its event. */
  | { readonly do: "abort"; readonly nth: number }
  /** `forgets`: a sync that fails throws away what it could not bring to the disk. */
  | {
      readonly do: "disk fails";
      readonly calls: readonly Call[];
      readonly code: string;
      readonly forgets: boolean;
    }
  | { readonly do: "disk takes"; readonly bytes: number }
  | { readonly do: "disk is slow"; readonly ms: number }
  | { readonly do: "disk works" }
  | { readonly do: "spooled" }
  | { readonly do: "end"; readonly by: "kill" | "stop" | "exit" | "power cut"; readonly heals: boolean };

export interface Plan {
  readonly options: DeliveryPlan["options"];
  readonly spool: Pick<SpoolSetup, "mode" | "fsync" | "required" | "maxBytes">;
  readonly deduplication: boolean;
  /** The broker answers each batch at once. */
  readonly prompt: boolean;
  readonly steps: readonly Step[];
}

const nat = (max: number) => fc.integer({ min: 0, max });
const connection = nat(2);
const of = <T extends string>(what: T) => fc.constant(what);

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: of("offer"),
      execution: nat(2),
      count: fc.integer({ min: 1, max: 9 }),
      bytes: nat(50),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: of("pass"), ms: fc.constantFrom(0, 0, 1, 10, 100, 1000, 2500) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: of("answer"),
      connection,
      count: fc.integer({ min: 1, max: 12 }),
      as: fc.constantFrom("store", "store", "store", "nack", "store untold"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: of("die"), connection }) },
  { weight: 2, arbitrary: fc.record({ do: of("abort"), nth: nat(8) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: of("disk fails"),
      calls: fc.constantFrom<Call[]>(
        ["write", "create"],
        ["write", "create"],
        ["create"],
        ["sync"],
        ["sync"],
        ["read"],
        ["open"],
        ["syncFolder"],
      ),
      code: fc.constantFrom("ENOSPC", "EIO"),
      forgets: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: of("disk takes"), bytes: fc.integer({ min: 1, max: 90 }) }) },
  { weight: 1, arbitrary: fc.record({ do: of("disk is slow"), ms: fc.constantFrom(1, 30) }) },
  { weight: 4, arbitrary: fc.record({ do: of("disk works") }) },
  { weight: 2, arbitrary: fc.record({ do: of("spooled") }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: of("end"),
      by: fc.constantFrom("kill", "kill", "stop", "exit", "power cut"),
      heals: fc.boolean(),
    }),
  },
) as fc.Arbitrary<Step>;

export const plan: fc.Arbitrary<Plan> = fc.record({
  options: smallOptions(2),
  spool: fc.record({
    mode: fc.constantFrom("write-ahead", "overflow"),
    fsync: fc.constantFrom("always", "interval", "never"),
    required: fc.constant(true),
    maxBytes: fc.constantFrom(6000, 100_000),
  }),
  // What a broker that deduplicates is told is tested in ids.test.ts.
  deduplication: fc.constant(false),
  prompt: fc.boolean(),
  steps: fc.array(step, { minLength: 5, maxLength: 60, size: "max" }),
});
