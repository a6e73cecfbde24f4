import fc from "fast-check";
import { expect, it } from "vitest";
import { Scene, textOf } from "./scene.js";

const WINDOW = 7;
const executions = ["a", "b", "c", "d"];

type Step = "disconnect" | "silence" | "refuse" | "restart" | "put" | "wait";

const plan = fc.record({
  messages: fc.array(
    fc.record({ execution: fc.constantFrom(...executions), failures: fc.nat(2), ms: fc.nat(3) }),
    {
      minLength: 20,
      maxLength: 60,
    },
  ),
  steps: fc.array(fc.constantFrom<Step>("disconnect", "silence", "refuse", "restart", "put", "wait"), {
    maxLength: 12,
  }),
  queue: fc.constantFrom("classic", "quorum"),
  concurrency: fc.integer({ min: 1, max: 6 }),
});

type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never;

const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function keepsItsPromises({ messages, steps, queue, concurrency }: Plan): Promise<void> {
  const scene = new Scene({ "x-queue-type": queue });
  const { faults } = scene.broker;
  const all = messages.map((message, index) => ({ ...message, id: String(index) }));
  const failures = new Map(all.map(({ id, failures }) => [id, failures]));
  const done: string[] = [];
  const violations: string[] = [];
  const make = () => {
    let held = 0;
    // A handler of a consumer that was stopped may still run: its message is another's by then.
    const running = new Set<string>();
    const engine = scene.engine(
      async (delivery, { signal }) => {
        const { execution, id, ms } = all[Number(textOf(delivery))]!;
        held = Math.max(held, engine.health().pending);
        // What is thrown here would be one more try.
        if (held > WINDOW) violations.push(`${held} were in hand`);
        if (running.has(execution)) violations.push(`two of ${execution} at once`);
        running.add(execution);
        await elapse(ms);
        running.delete(execution);
        const left = failures.get(id)!;
        failures.set(id, left - 1);
        if (left > 0) throw new Error("not yet");
        if (!signal.aborted) done.push(id);
      },
      { window: WINDOW, concurrency, attempts: 1000, maxDeliveries: 0, drainTimeoutMs: 300 },
    );
    return engine;
  };
  let put = 0;
  const putSome = (count: number) => {
    scene.put(...all.slice(put, put + count));
    put += count;
  };
  let engine = make();
  await engine.start();
  putSome(15);
  for (const step of steps) {
    if (step === "disconnect") faults.disconnect();
    if (step === "put") putSome(10);
    if (step === "silence" || step === "refuse") {
      if (step === "silence") faults.silence();
      else {
        faults.refuseConnections();
        faults.disconnect();
      }
      await elapse(10);
      faults.heal();
    }
    if (step === "restart") {
      const { durationMs } = await engine.stop();
      expect(durationMs).toBeLessThan(3000);
      engine = make();
      await engine.start();
    }
    await elapse(3);
  }
  putSome(all.length);
  const isDone = () => new Set(done).size;
  await expect.poll(isDone, { timeout: 10_000 }).toBe(all.length);
  // What was done when a connection was lost comes once more.
  const left = () => scene.broker.depth("q") + engine.health().pending;
  await expect.poll(left, { timeout: 10_000 }).toBe(0);
  await engine.stop();
  expect(scene.broker.depth("q")).toBe(0);
  expect(scene.dead).toEqual([]);
  expect(violations).toEqual([]);
  const firsts = [...new Set(done)];
  for (const execution of executions) {
    const own = firsts.filter((id) => all[Number(id)]!.execution === execution).map(Number);
    expect(own).toEqual(own.toSorted((one, other) => one - other));
  }
}

it("handles each at least once, in order within its execution, whatever happens to broker and consumer", async () => {
  await fc.assert(fc.asyncProperty(plan, keepsItsPromises), {
    numRuns: Number(process.env.STREAMLL_PROPERTY_RUNS ?? 25),
  });
}, 120_000);
