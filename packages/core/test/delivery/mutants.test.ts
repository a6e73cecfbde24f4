import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keepsItsPromises, plan } from "./model.js";
import { engines, type Mutation } from "./mutation.js";
import { keepsEventsOfBatches, packingPlan } from "./packing-model.js";

interface Mutant extends Mutation {
  readonly fault: string;
  /** The model that has to notice it: of single events, or of batches. */
  readonly in?: "batches";
}

/** Faults of an engine, seeded by hand. The model has to notice each. */
const mutants: readonly Mutant[] = [
  {
    fault: "an event in flight is lost with its connection",
    file: "delivery/lane/in-flight.ts",
    from: "        slots.push(slot);\n      }\n      this.#log.freeMessages",
    to: "        if (slots.length === 0) slots.push(slot);\n      }\n      this.#log.freeMessages",
  },
  {
    fault: "a late answer of a lost connection settles an event a second time",
    file: "delivery/lane/in-flight.ts",
    from: "      if (flights[slot] !== flight.id) continue;\n",
    to: "",
  },
  {
    fault: "what is sent again comes after what is new",
    file: "delivery/lane/send-queue.ts",
    from: "    this.#slots.unshift(sorted);\n    this.due",
    to: "    for (const one of sorted) this.#slots.push(one);\n    this.due",
  },
  {
    fault: "what is sent again has lost its order",
    file: "delivery/lane/send-queue.ts",
    from: "const sorted = [...earlier, ...slots].sort(this.compare);",
    to: "const sorted = [...earlier, ...slots].sort(this.compare).reverse();",
  },
  {
    fault: "a suspect that was overtaken is sent again by its new sequence, after the events that follow it",
    file: "delivery/lane/send-queue.ts",
    from: "(this.#setup.deduplication && this.#sequenceOf(a)",
    to: "(this.#sequenceOf(a)",
  },
  {
    fault: "where the broker deduplicates, what was refused is sent again before what comes back",
    file: "delivery/lane/send-queue.ts",
    from: "    (this.#setup.deduplication && this.#sequenceOf(a) - this.#sequenceOf(b)) ||\n",
    to: "",
  },
  {
    fault: "an event sent again after a lost connection has a new sequence",
    file: "delivery/lane/in-flight.ts",
    from: "        this.#log.mark(slot, MAYBE_STORED);",
    to: "        this.#log.renumber(slot);",
  },
  {
    fault: "a refused event is sent again with its old sequence",
    file: "delivery/lane/outcome-handler.ts",
    from: "    sequences.takeBack([slot]);\n    const delay",
    to: "    const delay",
  },
  {
    fault: "an execution leaves its lane while one of its events is unsettled",
    file: "delivery/lane-affinity.ts",
    from: "if (this.#unsettled[entry]! > 0) return;",
    to: "if (this.#unsettled[entry]! > 1) return;",
  },
  {
    fault: "the count of buffered bytes leaks",
    file: "buffer/segments.ts",
    from: "    this.live -= bytes;\n",
    to: "    this.live -= bytes - 1;\n",
  },
  {
    fault: "a slot is used again while a queue still lists it",
    file: "buffer/event-log.ts",
    from: "    if (!this.has(slot, QUEUED)) this.giveBack(slot);",
    to: "    this.giveBack(slot);",
  },
  {
    fault: "an event has the state of the one that had its slot before",
    file: "buffer/slots.ts",
    from: "    this.flags[slot] = sequence",
    to: "    this.flags[slot]! |= sequence",
  },
  {
    fault: "the count of events in flight leaks when a connection is lost",
    file: "delivery/lane/rewind.ts",
    from: "  outcomes.cameBack(slots.length);",
    to: "  outcomes.cameBack(Math.max(0, slots.length - 1));",
  },
  {
    fault: "a lane takes more in flight than its share",
    file: "delivery/lane/batches.ts",
    from: "const room = share - inFlight.count;",
    to: "const room = share;",
  },
  {
    fault: "an event counts as sent although the broker refused it",
    file: "delivery/lane/retry.ts",
    from: '{ do: "each", error, maybeStored: false }',
    to: '{ do: "sent", as: "confirmed" }',
  },
  {
    fault: "flush() forgets an epoch that is over before an older one",
    file: "delivery/ledger.ts",
    from: "this.#open.length > 1 && oldest.unsettled === 0",
    to: "this.#open.length > 1",
  },
  {
    fault: "the watchdog keeps running after stop()",
    file: "delivery/lane/lane.ts",
    from: "    this.#watchdog.disarm();\n",
    to: "",
  },
  {
    fault: "an event that was unanswered when its connection died is forgotten by stop()",
    file: "delivery/lane/lane.ts",
    from: "    rewind(this.#parts);\n    return this.#log.inOrder",
    to: "    return this.#log.inOrder",
  },
  {
    fault: "room is promised beyond maxBufferedEvents",
    file: "delivery/buffer-room.ts",
    from: "return ledger.unsettled < options.maxBufferedEvents &&",
    to: "return ledger.buffered < options.maxBufferedEvents &&",
  },
  {
    fault: "a connection that opens during stop() stays open",
    file: "delivery/connection/supervisor.ts",
    from: '          if ("opened" in result) discard(result.opened);\n',
    to: "",
  },
  {
    fault: "a message that may be stored is sent again with other events",
    file: "delivery/lane/grouping.ts",
    from: "    if (isFixed) return log.sequence[slot] === log.sequence[member];\n",
    to: "",
    in: "batches",
  },
  {
    fault: "a message that may be stored is sent again in two parts",
    file: "delivery/lane/batches.ts",
    from: "if (isFull && !isSettled && !this.#isOneMessage(batch[count - 1], head)) break;",
    to: "if (isFull && !isSettled) break;",
    in: "batches",
  },
  {
    fault: "an event joins a message that goes before an earlier event of its execution",
    file: "delivery/lane/grouping.ts",
    from: "Math.max(0, latest, ",
    to: "Math.max(0, ",
    in: "batches",
  },
  {
    fault: "a message skips a sequence of the publisher's own",
    file: "delivery/lane/grouping.ts",
    from: "log.has(slot, NUMBERED) ? 1 : LOOK_BACK",
    to: "LOOK_BACK",
    in: "batches",
  },
  {
    fault: "messages beyond the credit are forgotten",
    file: "delivery/lane/batches.ts",
    from: "    this.#setup.queue.putBack(rest);\n",
    to: "",
    in: "batches",
  },
  {
    fault: "the outcome of a message is that of its first event alone",
    file: "delivery/lane/handover.ts",
    from: "return settle(startOf(from), startOf(to), outcome);",
    to: "return settle(startOf(from), startOf(from) + 1, outcome);",
    in: "batches",
  },
  {
    fault: "the outcome of a run is that of its first event alone",
    file: "delivery/ledger.ts",
    from: "    this.#ended.add(settlement, events);",
    to: "    this.#ended.add(settlement);",
    in: "batches",
  },
  {
    fault: "the events of a run lose their order where it is split",
    file: "buffer/event-log.ts",
    from: "    this.order[rest]! += events;\n",
    to: "    this.order[rest]! -= events;\n",
    in: "batches",
  },
  {
    fault: "a part of a run that has no room in flight is forgotten",
    file: "delivery/lane/send-queue.ts",
    from: "this.putBack([this.#log.split(slot, events)]);",
    to: "this.#log.split(slot, events);",
    in: "batches",
  },
  {
    fault: "a part of a run that does not fit into a message is forgotten",
    file: "delivery/lane/grouping.ts",
    from: "      return rest;\n",
    to: "      return undefined;\n",
    in: "batches",
  },
  {
    fault: "a flush waits for events that joined a run after it",
    file: "delivery/admission.ts",
    from: " && !ledger.isCut",
    to: "",
    in: "batches",
  },
  {
    fault: "the events of a refused run stay one",
    file: "delivery/lane/outcome-handler.ts",
    from: 'decision.do === "sent" ? landed : this.#log.apart(landed)',
    to: "landed",
    in: "batches",
  },
];

describe("the model notices when", { timeout: 60_000 }, () => {
  const engineOf = engines();

  it.each(mutants.map((mutant, index) => ({ ...mutant, index })))("$fault", async ({ index, ...mutant }) => {
    const Engine = await engineOf(mutant, `mutant-${index}`);
    const parameters = { numRuns: 3000, seed: 7, endOnFailure: true };
    const verdict =
      mutant.in === "batches"
        ? await fc.check(
            fc.asyncProperty(packingPlan, (run) => keepsEventsOfBatches(Engine, run)),
            parameters,
          )
        : await fc.check(
            fc.asyncProperty(plan, (run) => keepsItsPromises(Engine, run)),
            parameters,
          );
    expect(verdict.failed).toBe(true);
    expect(verdict.errorInstance).toMatchObject({ name: "BrokenPromise" });
  });
});
