import type { DeliveryEngine } from "@streamll/core/internal";
import fc from "fast-check";
import { message } from "../delivery/bench.js";
import { FakeTransport } from "../delivery/fake-transport.js";
import { must } from "../delivery/model.js";
import { answering, program } from "./bench.js";

export interface DamagePlan {
  /** How many events each turn of the event loop accepts. */
  readonly turns: readonly number[];
  /** How many of them the broker has answered. */
  readonly answered: number;
  /** Which file is changed, where in it, and how. */
  readonly kind: "events" | "marks";
  readonly at: number;
  readonly by: "flip" | "cut";
}

export const damagePlan: fc.Arbitrary<DamagePlan> = fc.record({
  turns: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 8 }),
  answered: fc.integer({ min: 0, max: 12 }),
  kind: fc.constantFrom("events", "events", "marks"),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  by: fc.constantFrom("flip", "cut"),
});

/** Damages what a killed program has left, and checks that the next one delivers all that is whole, and counts the rest. */
export async function deliversWhatIsWhole(Engine: typeof DeliveryEngine, plan: DamagePlan): Promise<void> {
  const transport = new FakeTransport();
  const killed = program({ Engine, transport });
  await killed.engine.start();
  await killed.clock.advance(10);
  const turns: number[][] = [];
  let accepted = 0;
  for (const events of plan.turns) {
    turns.push(Array.from({ length: events }, () => accepted++));
    for (const n of turns.at(-1)!) killed.engine.offer(message({ body: JSON.stringify({ n }) }));
    await killed.clock.advance(1);
  }
  const answered = Math.min(plan.answered, accepted);
  transport.live[0]?.answer({ kind: "confirmed" }, answered);
  await killed.clock.advance(1);

  const disk = killed.disk.copy();
  const name = [...disk.files.keys()].find((one) => one.endsWith(`.${plan.kind}`));
  const bytes = disk.files.get(name ?? "");
  if (bytes !== undefined) {
    const at = Math.floor(plan.at * bytes.length);
    if (plan.by === "flip") bytes[at]! ^= 1 << (at % 8);
    else disk.files.set(name!, bytes.subarray(0, at));
  }
  const after = answering(new FakeTransport());
  const next = program({ Engine, transport: after, disk });
  await next.engine.start();
  await next.clock.advance(1000);

  const found = after.stored.map((one) => Number(/^\{"n":(\d+)\}$/.exec(one.body().toString())?.[1]));
  must(
    found.every((n, at) => n > (found[at - 1] ?? -1) && n < accepted),
    "what is delivered was accepted as it is, and comes once, in order",
  );
  const owed = turns.map((events) => events.filter((n) => n >= answered && !found.includes(n)));
  const lost = owed.flat();
  const counted = next.engine.stats().events_spool_lost;
  if (plan.kind === "marks") must(lost.length === 0, "marks that are damaged lose no event");
  else {
    must(
      found.every((n) => n >= answered),
      "what was answered is not sent again",
    );
    // Of the last turn it cannot be known whether it was ever written.
    const isEnd = lost.length === 0 || lost[0] === accepted - lost.length;
    if (plan.by === "cut") must(isEnd && counted === 0, "a cut costs what is behind it alone");
    else {
      must(owed.filter(({ length }) => length > 0).length <= 1, "damage costs the events of one turn alone");
      must(counted === lost.length || (isEnd && counted === 0), "what is lost is counted");
    }
  }
  must(next.engine.unsettled === 0 && next.disk.eventFiles.length <= 1, "nothing is left");
}
