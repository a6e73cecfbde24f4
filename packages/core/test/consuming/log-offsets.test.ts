import { describe, expect, it } from "vitest";
import { LogOffsets, type LogOptions } from "../../src/consuming/log-offsets.js";
import type { Delivery } from "../../src/consuming/seam.js";
import { FakeClock } from "../delivery/fake-clock.js";

const at = (offset: number, partition = "p") => ({ partition, offset }) as Delivery;

/** The broker keeps what it is told, and so does the user's store. */
function scene(options: Partial<LogOptions> = {}) {
  const clock = new FakeClock();
  const kept = new Map<string, number>();
  const writes: number[] = [];
  const left: string[] = [];
  const errors: string[] = [];
  const offsets = new LogOffsets({
    options: { from: "next", consumerName: "c", singleActive: false, ...options },
    clock,
    storeOffset(partition, offset) {
      writes.push(offset);
      kept.set(partition, offset);
    },
    left: (partition) => left.push(partition),
    notStored: (message) => errors.push(message),
  });
  const position = (partition = "p") => offsets.request.position(partition, async () => kept.get(partition));
  const open = (...all: number[]) => {
    for (const offset of all) offsets.opened(at(offset));
  };
  const finish = (...all: number[]) => {
    for (const offset of all) offsets.finished(at(offset));
  };
  return { clock, kept, writes, left, errors, offsets, position, open, finish };
}

describe("offsets of a log", () => {
  it("are stored up to the lowest that is unfinished", async () => {
    const { kept, offsets, open, finish, position } = scene();
    open(10, 11, 12, 15);
    expect(kept.get("p")).toBe(9);
    finish(11, 15);
    await offsets.flush();
    expect(kept.get("p")).toBe(9);
    finish(10);
    await offsets.flush();
    expect(kept.get("p")).toBe(11);
    finish(12);
    await offsets.flush();
    expect([kept.get("p"), await position()]).toEqual([15, 16]);
  });

  it("are stored after five seconds, and after 10,000 messages", async () => {
    const { clock, writes, open, finish } = scene();
    open(0);
    finish(0);
    expect(writes).toEqual([0]);
    open(1);
    finish(1);
    await clock.advance(4999);
    expect(writes).toEqual([0]);
    await clock.advance(1);
    expect(writes).toEqual([0, 1]);
    for (let offset = 2; offset <= 10_001; offset++) {
      open(offset);
      finish(offset);
    }
    expect(writes).toEqual([0, 1, 10_001]);
  });

  it("go on after a lost connection where this consumer has got to, and not where the broker knows of", async () => {
    const { kept, offsets, open, finish, position } = scene();
    open(5, 6, 7);
    finish(5);
    kept.set("p", 4);
    offsets.lost();
    finish(6);
    expect(await position()).toBe(6);
    kept.set("p", 20);
    expect(await position()).toBe(21);
  });

  it("begin with the next message once, and later where the first connection began", async () => {
    const { position, offsets } = scene();
    expect(await position()).toBe("next");
    expect(await position()).toBeInstanceOf(Date);
    offsets.gone();
    expect(await position()).toBe("first");
  });

  it("are not stored any more of a partition that another consumer has", async () => {
    const { writes, left, offsets, open, finish, position, kept } = scene();
    open(0, 1, 2);
    finish(0);
    await offsets.request.left("p");
    expect([left, writes]).toEqual([["p"], [0]]);
    finish(1, 2);
    await offsets.flush();
    expect(writes).toEqual([0]);
    kept.set("p", 40);
    expect(await position()).toBe(41);
  });

  it("are kept by a store of the user's, which is asked again after it failed", async () => {
    const store = new Map<string, number>();
    let isDown = true;
    const reach = () => {
      if (isDown) throw new RangeError("secret");
    };
    const { clock, errors, offsets, open, finish, position } = scene({
      consumerName: undefined,
      store: {
        load(partition) {
          reach();
          return store.get(partition);
        },
        async store(partition, offset) {
          reach();
          store.set(partition, offset);
        },
      },
    });
    await expect(position()).rejects.toMatchObject({ kind: "unreachable", permanent: false });
    await expect(position()).rejects.toThrow("offsets failed in load() (RangeError)");
    open(3, 4);
    finish(3);
    await offsets.flush();
    expect(errors[0]).toContain("offsets failed in store() (RangeError)");
    expect(store.size).toBe(0);
    isDown = false;
    await clock.advance(5000);
    expect(store.get("p")).toBe(3);
    store.set("p", 1.5);
    await expect(position()).rejects.toThrow("it must give undefined, or a whole number from 0");
  });
});
