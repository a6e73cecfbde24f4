import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fifo } from "../../src/buffer/fifo.js";
import { leftBehind, makeEvent } from "./left-behind.js";

function headOf(list: readonly number[], matches: (item: number) => boolean): readonly number[] {
  const end = list.findIndex((item) => !matches(item));
  return end < 0 ? list : list.slice(0, end);
}

describe("the queue of a lane", () => {
  it("is a list that gives from its head and takes at both ends", () => {
    const steps = fc.oneof(
      fc.record({ push: fc.nat() }),
      fc.record({ unshift: fc.array(fc.nat(), { maxLength: 5 }) }),
      fc.record({ take: fc.nat({ max: 40 }) }),
      fc.constant({ shift: true }),
    );
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 200 }), (run) => {
        const fifo = new Fifo<number>();
        const list: number[] = [];
        for (const step of run) {
          if ("push" in step) {
            fifo.push(step.push);
            list.push(step.push);
          } else if ("unshift" in step) {
            fifo.unshift(step.unshift);
            list.unshift(...step.unshift);
          } else if ("take" in step) {
            const at = step.take % (list.length + 1);
            const item = { at: 0 };
            expect(fifo.take(() => item.at++ === at)).toBe(list.splice(at, 1)[0]);
          } else expect(fifo.shift()).toBe(list.shift());
          expect([fifo.length, fifo.peek()]).toEqual([list.length, list[0]]);
          expect(fifo.headOf((item) => item % 2 === 0)).toEqual(headOf(list, (item) => item % 2 === 0));
        }
        expect(fifo.clear()).toEqual(list);
      }),
    );
  });

  it("leaves no arrays behind as it fills and empties in turns", () => {
    const fifo = new Fifo<number>();
    for (let item = 0; item < 60_000; item++) fifo.push(item);
    const bytes = leftBehind(300, () => {
      for (let item = 0; item < 30_000; item++) fifo.shift();
      for (let item = 0; item < 30_000; item++) {
        makeEvent();
        fifo.push(item);
      }
    });
    expect(bytes).toBeLessThan(1024 * 1024);
  });

  it("gives memory back as it empties", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const fifo = new Fifo<number>();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let item = 0; item < 2_000_000; item++) fifo.push(item);
    while (fifo.length > 1000) fifo.shift();
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1024 * 1024);
    expect(fifo.shift()).toBe(1_999_000);
  });
});
