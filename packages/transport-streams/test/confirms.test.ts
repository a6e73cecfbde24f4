import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { Confirms } from "../src/confirms.js";
import { Reader } from "../src/protocol/reader.js";
import { u64 } from "../src/protocol/writer.js";
import { message, messages } from "./support/options.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function bench() {
  const confirms = new Confirms();
  const settled: string[] = [];
  const add = (name: string, batch: ReturnType<typeof messages>, skipped?: Map<number, unknown>) =>
    confirms.add(batch, (from, to, { kind }) => settled.push(`${name} ${from}-${to} ${kind}`), skipped);
  const confirm = (...ids: number[]) => confirms.confirm(new Reader(Buffer.concat(ids.map(u64))), ids.length);
  return { confirms, settled, add, confirm };
}

describe("confirms of a publisher", () => {
  it("settle ids in a row as one range, over batches too", () => {
    const { confirms, settled, add, confirm } = bench();
    add("a", messages(1, 3));
    add("b", messages(4, 2));
    confirm(1, 2, 3, 4);
    expect(settled).toEqual(["a 0-3 confirmed", "b 0-1 confirmed"]);
    expect(confirms.unconfirmed).toBe(1);
  });

  it("may come in any order, and count once", () => {
    const { confirms, settled, add, confirm } = bench();
    add("a", messages(10, 5));
    confirm(12);
    confirm(10, 11, 12, 13);
    confirm(14, 14, 10);
    expect(settled).toEqual([
      "a 2-3 confirmed",
      "a 0-1 confirmed",
      "a 1-2 confirmed",
      "a 3-4 confirmed",
      "a 4-5 confirmed",
    ]);
    expect(confirms.unconfirmed).toBe(0);
  });

  it("let go of a batch that is answered, though one before it is not, and take no second answer for it", async () => {
    const { confirms, settled, add, confirm } = bench();
    add("a", messages(1, 2));
    const addSecond = () => {
      const batch = messages(3, 2);
      add("b", batch);
      return new WeakRef(batch[0]!);
    };
    const kept = addSecond();
    confirm(3, 4);
    await setImmediate();
    collectGarbage();
    expect(kept.deref()).toBeUndefined();
    confirm(3, 4);
    expect(settled).toEqual(["b 0-2 confirmed"]);
    expect(confirms.unconfirmed).toBe(2);
  });

  it("of ids that were never written, or are long settled, are nothing", () => {
    const { settled, add, confirm } = bench();
    confirm(1);
    add("a", messages(5, 2));
    confirm(4, 7, 0, 2 ** 53 - 1);
    expect(settled).toEqual([]);
    confirm(5, 6);
    confirm(5, 6);
    expect(settled).toEqual(["a 0-2 confirmed"]);
  });

  it("find their message where ids have gaps", () => {
    const { settled, add, confirm } = bench();
    add(
      "a",
      [3, 7, 8, 20].map((sequence) => message({ sequence })),
    );
    confirm(3, 7, 20);
    confirm(8);
    expect(settled).toEqual(["a 0-2 confirmed", "a 3-4 confirmed", "a 2-3 confirmed"]);
  });

  it("are not waited for where a message was never sent", () => {
    const { confirms, settled, add, confirm } = bench();
    add("a", messages(1, 3), new Map([[1, undefined]]));
    confirm(1, 3);
    expect(settled).toEqual(["a 0-1 confirmed", "a 2-3 confirmed"]);
    add("b", messages(4, 1), new Map([[0, undefined]]));
    expect(confirms.unconfirmed).toBe(0);
  });
});
