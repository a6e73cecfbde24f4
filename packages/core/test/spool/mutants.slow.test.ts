import { DeliveryEngine } from "@streamll/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { engines, type Mutation } from "../delivery/mutation.js";
import { damagePlan, deliversWhatIsWhole } from "./damage-model.js";
import { killPlan, storesEachOnce } from "./kills-model.js";
import { keepsItsEvents } from "./model.js";
import { plan } from "./plan.js";

interface Mutant extends Mutation {
  readonly fault: string;
  /** The model that has to notice it, if it is not that of programs on one disk: of damage, or of a broker that deduplicates. */
  readonly in?: "damage" | "kills";
}

type Engine = typeof DeliveryEngine;

/** Faults of a spool, seeded by hand. A model has to notice each. */
const mutants: readonly Mutant[] = [
  {
    fault: "an event is marked as settled that is the one behind it",
    file: "spool/spool.ts",
    from: "    at.live--;\n    at.marks.settled(index);",
    to: "    at.live--;\n    at.marks.settled(index + 1);",
  },
  {
    fault: "what was settled is marked in memory alone",
    file: "spool/writer.ts",
    from: "    this.#marked.add(file);\n",
    to: "",
  },
  {
    fault: "a file is removed while one of its events is not settled",
    file: "spool/spool.ts",
    from: "if (at.live === 0) this.#writer.emptied(at);",
    to: "if (at.live <= 1) this.#writer.emptied(at);",
  },
  {
    fault: "a file of which all is settled is kept",
    file: "spool/spool.ts",
    from: "if (at.live === 0) this.#writer.emptied(at);",
    to: "",
  },
  {
    fault: "no sync follows what was written",
    file: "spool/syncing.ts",
    from: "await this.#setup.openOf(file)?.sync();",
    to: "this.#setup.openOf(file);",
  },
  {
    fault: "the names of new files are not synced",
    file: "spool/syncing.ts",
    from: "await this.#setup.disk.syncFolder()",
    to: "await Promise.resolve()",
  },
  {
    fault: "a turn ends before its events are written",
    file: "spool/writer.ts",
    from: "    file.live++;\n    this.#writeThisTurn();\n",
    to: "    file.live++;\n",
  },
  {
    fault: "what a write has not taken is written where it began",
    file: "spool/write-queue.ts",
    from: "some(open(piece).write(slice, at + done));",
    to: "some(open(piece).write(slice, at));",
  },
  {
    fault: "what an earlier program had settled is sent again",
    file: "spool/tail.ts",
    from: "file.found.isSettled(index)) continue;",
    to: "false) continue;",
  },
  {
    fault: "the tail begins with what an earlier program has left, and memory has",
    file: "spool/spool.ts",
    from: "isEarlier ? lastOrdinal + 1 : lastOrdinal",
    to: "isEarlier ? lastOrdinal : lastOrdinal",
  },
  {
    fault: "the tail begins one event too early",
    file: "delivery/spool/kept.ts",
    from: "this.#spool.firstIndex + this.#setup.ledger.lastOrder",
    to: "this.#spool.firstIndex + this.#setup.ledger.lastOrder - 1",
  },
  {
    fault: "a new event is written before older ones that the disk does not have",
    file: "delivery/spool/catch-up.ts",
    from: "if (this.#isComplete && this.#spool.takes",
    to: "if (this.#spool.takes",
  },
  {
    fault: "new events pass those that are on the disk alone",
    file: "delivery/spool/spooling.ts",
    from: "return this.isSearching || this.#setup.ledger.spooled > 0;",
    to: "return this.isSearching;",
  },
  {
    fault: "what is on the disk alone is not read back as memory empties",
    file: "delivery/spool/spooling.ts",
    from: "    this.#refill.settled();\n",
    to: "",
  },
  {
    fault: "stop() leaves an event that no file holds",
    file: "delivery/spool/kept.ts",
    from: "return log.spoolFile[slot]! > 0 && this.idOf(slot) <= this.#spool!.writtenTo;",
    to: "return true;",
  },
  {
    fault: "what a failed sync has thrown away is not written anew",
    file: "delivery/spool/kept.ts",
    from: "if (log.has(slot, DEAD) || kept.has(id)) continue;",
    to: "continue;",
  },
  {
    fault: "what a failed sync has left is taken for thrown away",
    file: "delivery/spool/kept.ts",
    from: "if (log.has(slot, DEAD) || kept.has(id)) continue;",
    to: "if (log.has(slot, DEAD)) continue;",
  },
  {
    fault: "what a failed sync is to write again is written elsewhere",
    file: "spool/rewrite.ts",
    from: "const at = scanner.offset - bytes.length;",
    to: "const at = scanner.offset;",
  },
  {
    fault: "what an earlier program has left is not synced",
    file: "spool/earlier-sync.ts",
    from: "      await open.sync();\n",
    to: "",
  },
  {
    fault: "the checksum of what was written is not looked at",
    file: "spool/frame.ts",
    from: "crc32(bytes.subarray(from, to)) === bytes.readUInt32LE(from - FRAME_HEAD + 12)",
    to: "to > from",
    in: "damage",
  },
  {
    fault: "the checksum of a mark is not looked at",
    file: "spool/marks.ts",
    from: "      if (bytes.readUInt32LE(at + 12) !== checksum(bytes, at)) continue;\n",
    to: "",
    in: "damage",
  },
  {
    fault: "what is behind a damaged write is given up",
    file: "spool/scanner.ts",
    from: "this.#skip(4);",
    to: "this.#skip(end - this.offset);",
    in: "damage",
  },
  {
    fault: "what cannot be read is not counted",
    file: "spool/search.ts",
    from: "    seen = frame.before + frame.count;",
    to: "    seen = whole + frame.count;",
    in: "damage",
  },
  {
    fault: "an id above those of later events is not noted before the broker knows it",
    file: "delivery/spool/kept.ts",
    from: "if (file > 0) spool.numbered(file, this.idOf(slot), id);",
    to: "",
    in: "kills",
  },
  {
    fault: "an id that the broker knows is given to a later event",
    file: "delivery/spool/kept.ts",
    from: "    this.#setup.ledger.skipTo(id - this.#spool.firstIndex);\n",
    to: "",
    in: "kills",
  },
  {
    fault: "an event that the broker does not have is taken for one that it has",
    file: "delivery/spool/kept.ts",
    from: "if (this.#spool !== undefined) this.#note(this.#spool, slots, UNSENT);",
    to: "",
    in: "kills",
  },
  {
    fault: "the ids of an earlier program are not read",
    file: "spool/tail.ts",
    from: "event.id = file.found?.idOf(index) || index;",
    to: "event.id = index;",
    in: "kills",
  },
  {
    fault: "an event that was written later than its batch was sent loses the id of that",
    file: "delivery/spool/kept.ts",
    from: "const known = sequence || log.spoolId[slot]!;",
    to: "const known = 0;",
    in: "kills",
  },
];

const parameters = { numRuns: 3000, seed: 7, endOnFailure: true };

const models = {
  programs: (Engine: Engine) =>
    fc.check(
      fc.asyncProperty(plan, (run) => keepsItsEvents(Engine, run)),
      parameters,
    ),
  damage: (Engine: Engine) =>
    fc.check(
      fc.asyncProperty(damagePlan, (run) => deliversWhatIsWhole(Engine, run)),
      parameters,
    ),
  kills: (Engine: Engine) =>
    fc.check(
      fc.asyncProperty(killPlan, (run) => storesEachOnce(Engine, run)),
      parameters,
    ),
};

describe("a model notices when", () => {
  const engineOf = engines();

  it.each(mutants.map((mutant, index) => ({ ...mutant, index })))("$fault", async ({ index, ...mutant }) => {
    const Engine = await engineOf(mutant, `mutant-${index}`);
    const verdict = await models[mutant.in ?? "programs"](Engine);
    expect(verdict.failed).toBe(true);
    expect(verdict.errorInstance).toMatchObject({ name: "BrokenPromise" });
  });
});

it.each(["programs", "damage", "kills"] as const)(
  "the model of %s finds nothing in the engine as it is",
  async (name) => {
    const verdict = await models[name](DeliveryEngine);
    expect([verdict.errorInstance, verdict.counterexample]).toEqual([null, null]);
  },
);
