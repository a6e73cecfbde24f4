import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fifo } from "../../src/buffer/fifo.js";

describe("the queue of a lane", () => {
  it("is a list that gives from its head and takes at both ends", () => {
    const steps = fc.oneof(
      fc.record({ push: fc.nat() }),
      fc.record({ unshift: fc.array(fc.nat(), { maxLength: 5 }) }),
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
          } else expect(fifo.shift()).toBe(list.shift());
          expect([fifo.length, fifo.peek()]).toEqual([list.length, list[0]]);
        }
        expect(fifo.clear()).toEqual(list);
      }),
    );
  });
});
