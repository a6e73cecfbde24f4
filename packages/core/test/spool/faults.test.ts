import { Spool, systemClock } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";
import { FakeTransport, unreachable } from "../delivery/fake-transport.js";
import { answering, idsOf, leftOn, offer, type Program, unanswered } from "./bench.js";

const small = { maxBufferedEvents: 10 };

async function deliverAll({ transport, clock }: Program): Promise<void> {
  answering(transport);
  for (const live of transport.live) live.answer();
  await clock.advance(3000);
}

const stateOf = async (promise: Promise<unknown>): Promise<string> => {
  let state = "pending";
  promise.then(
    () => {
      state = "resolved";
    },
    () => {
      state = "rejected";
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return state;
};

describe("a program that stops", () => {
  it("before it has searched the files of the one before leaves them where they are", async () => {
    const first = await unanswered();
    const ids = offer(first, 5);
    await first.clock.advance(10);
    const disk = first.disk.copy();
    const spool = new Spool({
      disk,
      limits: { maxBytes: 2 ** 26, fsync: "interval" },
      clock: systemClock,
      wallTime: () => Date.now(),
      changed() {},
      damaged() {},
      unreadable() {},
      unsynced() {},
    });
    await spool.close();
    expect(await leftOn(disk)).toEqual(ids);
  });

  it("while the disk fails leaves what the one before has written, and fails its own events alone", async () => {
    const first = await unanswered();
    const ids = offer(first, 30);
    await first.clock.advance(10);
    const second = await unanswered({
      disk: first.disk.copy(),
      options: { ...small, flushTimeoutMs: 1000 },
    });
    second.disk.fails = (call) => (call === "write" || call === "create" ? "EIO" : undefined);
    expect(offer(second, 3)).toHaveLength(3);
    const stopped = second.engine.stop();
    await second.clock.advance(4000);
    expect(await stopped).toMatchObject({ sent: 0, failed: 3, spooled: 30, pending: 0 });
    second.disk.fails = () => undefined;
    expect(await leftOn(second.disk)).toEqual(ids);
  });

  it("is not held by a disk that does not answer", async () => {
    const one = await unanswered({ options: { flushTimeoutMs: 1000 } });
    one.disk.syncDelay = () => new Promise(() => {});
    offer(one, 3);
    const stopped = one.engine.stop();
    await one.clock.advance(2500);
    expect(await stateOf(stopped)).toBe("resolved");
    expect(await stopped).toMatchObject({ failed: 0, spooled: 3 });
  });
});

describe("a slow disk", () => {
  it("gets the events of every turn, and those that are on it alone are read back", async () => {
    const one = await unanswered({ options: small });
    const { disk, clock, engine } = one;
    disk.hold = () => {
      clock.time += 50;
    };
    disk.delay = async () => {
      clock.time += 50;
    };
    const ids: string[] = [];
    for (let turn = 0; turn < 5; turn++) {
      ids.push(...offer(one, 7));
      await clock.advance(10);
      await engine.spooled();
      expect(await leftOn(disk)).toEqual(ids);
    }
    ids.push(...offer(one, 3));
    await deliverAll(one);
    expect(idsOf(one.transport)).toEqual(ids);
  });
});

it("a write that hangs beside the program is not begun anew in it", async () => {
  const one = await unanswered();
  const { disk, clock } = one;
  disk.hold = () => {
    clock.time += 12;
  };
  offer(one, 1);
  await clock.advance(1);
  let written = () => {};
  disk.delay = () => new Promise((resolve) => (written = resolve));
  const ids = offer(one, 1);
  await clock.advance(1);
  const held: string[] = [];
  disk.hold = () => void held.push("held");
  for (let turn = 0; turn < 10; turn++) {
    ids.push(...offer(one, 1));
    await clock.advance(1000);
  }
  expect(held).toEqual([]);
  const spooled = one.engine.spooled();
  expect(await stateOf(spooled)).toBe("pending");
  disk.delay = () => undefined;
  written();
  await spooled;
  await clock.advance(1000);
  expect((await leftOn(disk)).slice(1)).toEqual(ids);
});

it("a disk that fails is tried again once a second, and not with each event", async () => {
  const one = await unanswered();
  const { disk, clock, transport } = one;
  const ids = offer(one, 30);
  await clock.advance(10);
  const tries: string[] = [];
  disk.fails = (call) => {
    if (call === "write") tries.push(call);
    return call === "write" ? "EIO" : undefined;
  };
  for (let turn = 0; turn < 20; turn++) {
    transport.connection.answer({ kind: "confirmed" }, 1);
    await clock.advance(100);
  }
  // At first, and after one and two seconds.
  expect(tries.length).toBeLessThanOrEqual(3);
  disk.fails = () => undefined;
  await clock.advance(2000);
  expect(await leftOn(disk)).toEqual(ids.slice(20));
});

it("events that are on a slow disk alone are read back as soon as they are written", async () => {
  const one = await unanswered({ options: small });
  const { disk, clock, transport } = one;
  disk.hold = () => {
    clock.time += 50;
  };
  const ids = offer(one, 1);
  await clock.advance(10);
  let written = () => {};
  disk.delay = () => new Promise((resolve) => (written = resolve));
  ids.push(...offer(one, 29));
  await clock.advance(10);
  await deliverAll(one);
  expect(idsOf(transport)).toEqual(ids.slice(0, 10));
  disk.delay = () => undefined;
  written();
  await clock.advance(500);
  expect(idsOf(transport)).toEqual(ids);
});

describe("a sync", () => {
  it('is what spooled() waits for with fsync: "always"', async () => {
    const one = await unanswered({ spool: { fsync: "always" } });
    let end = () => {};
    one.disk.syncDelay = () => new Promise((resolve) => (end = resolve));
    offer(one, 1);
    await one.clock.advance(1);
    offer(one, 1);
    await one.clock.advance(1);
    const spooled = one.engine.spooled();
    expect(await stateOf(spooled)).toBe("pending");
    end();
    // The second event was written while the first sync was under way.
    expect(await stateOf(spooled)).toBe("pending");
    one.disk.syncDelay = () => undefined;
    end();
    await spooled;
  });

  it("that fails again and again is told, ends in no loop, and is tried until it works", async () => {
    const one = await unanswered({ spool: { fsync: "always" } });
    one.disk.fails = (call) => (call === "sync" ? "EIO" : undefined);
    const ids = offer(one, 5);
    await one.clock.advance(10);
    await expect(one.engine.spooled()).rejects.toMatchObject({ code: "SPOOL_UNWRITABLE" });
    expect(one.engine.health().problems).toContainEqual(
      expect.objectContaining({ code: "SPOOL_UNWRITABLE", message: expect.stringContaining("EIO") }),
    );
    expect(offer(one, 1)).toEqual([]);
    await one.clock.advance(3000);
    expect(one.disk.calls.filter((call) => call === "sync").length).toBeLessThan(10);
    one.disk.fails = () => undefined;
    await one.clock.advance(1100);
    await one.engine.spooled();
    ids.push(...offer(one, 1));
    await one.clock.advance(10);
    expect([...new Set(await leftOn(one.disk))].sort()).toEqual(ids.sort());
  });

  it("that fails while the sink stops is not tried again after it", async () => {
    const one = await unanswered({ options: { flushTimeoutMs: 1000 } });
    const { disk, clock, engine } = one;
    disk.fails = (call) => (call === "sync" ? "EIO" : undefined);
    offer(one, 1);
    await clock.advance(2500);
    let answer = () => {};
    disk.syncDelay = () => new Promise((resolve) => (answer = resolve));
    await clock.advance(1000);
    const stopped = engine.stop();
    await clock.advance(1000);
    disk.syncDelay = () => undefined;
    answer();
    await clock.advance(1);
    await stopped;
    const { length } = disk.calls;
    await clock.advance(10_000);
    expect(disk.calls.slice(length)).toEqual([]);
  });

  it("that failed does not hide where the events begin that are on the disk alone", async () => {
    const one = await unanswered({ options: small });
    const ids = offer(one, 5);
    one.disk.fails = (call) => (call === "sync" ? "EIO" : undefined);
    await one.clock.advance(1000);
    one.disk.fails = () => undefined;
    await one.clock.advance(1000);
    ids.push(...offer(one, 30));
    await one.clock.advance(10);
    await deliverAll(one);
    expect(idsOf(one.transport)).toEqual(ids);
  });

  it("that failed costs no event that is on the disk alone, when the power goes after the next one", async () => {
    const one = await unanswered({ options: small });
    const ids = offer(one, 30);
    one.disk.fails = (call) => (call === "sync" ? "EIO" : undefined);
    await one.clock.advance(1000);
    one.disk.fails = () => undefined;
    await one.clock.advance(1000);
    expect(await leftOn(one.disk.afterPowerCut())).toEqual(ids);
  });

  it("that failed costs nothing when the program is killed, and the power goes after a sync of the next one", async () => {
    const first = await unanswered();
    const ids = offer(first, 5);
    await first.clock.advance(1000);
    ids.push(...offer(first, 5));
    first.disk.fails = (call) => (call === "sync" ? "EIO" : undefined);
    await first.clock.advance(1000);
    const second = await unanswered({ disk: first.disk.copy() });
    ids.push(...offer(second, 5));
    await second.clock.advance(1000);
    expect(await leftOn(second.disk.afterPowerCut())).toEqual(ids);
  });

  it("brings to the disk what a killed program has left", async () => {
    const first = await unanswered();
    const ids = offer(first, 5);
    await first.clock.advance(1);
    const second = await unanswered({ disk: first.disk.copy() });
    expect(await leftOn(second.disk.afterPowerCut())).toEqual(ids);
  });

  it('is never asked for with "never", and full files are closed', async () => {
    const one = await unanswered({ spool: { fsync: "never", maxBytes: 400_000 } });
    for (let turn = 0; turn < 30; turn++) {
      offer(one, 50);
      await one.clock.advance(10);
    }
    expect(one.disk.eventFiles.length).toBeGreaterThan(3);
    expect(one.disk.handles).toBeLessThan(3);
    expect(one.disk.calls).not.toContain("sync");
  });
});

describe("a disk that takes nothing", () => {
  it('drops no event of memory with overflow: "drop-oldest"', async () => {
    const transport = new FakeTransport();
    transport.refuseAll = unreachable();
    const one = await unanswered({ transport, options: { overflow: "drop-oldest" } });
    one.disk.fails = (call) => (call === "write" || call === "create" ? "ENOSPC" : undefined);
    expect(offer(one, 5)).toHaveLength(5);
    await one.clock.advance(1);
    expect(offer(one, 5)).toEqual([]);
    expect(one.engine.stats()).toMatchObject({ events_dropped: 0, events_rejected: 5 });
  });

  it("gets what memory took meanwhile once it works, where it is not required", async () => {
    const one = await unanswered({ spool: { required: false } });
    one.disk.fails = (call) => (call === "write" || call === "create" ? "ENOSPC" : undefined);
    const ids = offer(one, 1);
    await one.clock.advance(1);
    ids.push(...offer(one, 5));
    one.disk.fails = () => undefined;
    await one.clock.advance(1100);
    await one.engine.spooled();
    expect(await leftOn(one.disk)).toEqual(ids);
  });
});

describe("marks of an earlier program", () => {
  it.each([0, 5, 24 + 7])("that end after %d bytes are gone on with", async (size) => {
    const transport = new FakeTransport();
    const first = await unanswered({ transport });
    const ids = offer(first, 6);
    await first.clock.advance(100);
    transport.live[0]?.answer({ kind: "confirmed" }, 2);
    await first.clock.advance(10);
    const disk = first.disk.copy();
    const name = [...disk.files.keys()].find((one) => one.endsWith(".marks"))!;
    const whole = disk.files.get(name)!;
    disk.files.set(name, Buffer.concat([whole, whole]).subarray(0, size));

    const second = await unanswered({ disk });
    await second.clock.advance(100);
    const sent = second.transport.live[0];
    sent?.answer({ kind: "confirmed" }, 3);
    await second.clock.advance(10);
    expect(second.engine.health().problems.filter(({ code }) => code.startsWith("SPOOL"))).toEqual([]);
    expect(await leftOn(disk)).toEqual(ids.slice(size < 24 ? 3 : 5));
  });
});

it("damage to an event that is in memory too costs no event behind it", async () => {
  const one = await unanswered({ options: { ...small, flushTimeoutMs: 1000 } });
  const ids = offer(one, 10);
  await one.clock.advance(10);
  ids.push(...offer(one, 10));
  await one.clock.advance(10);
  one.disk.files.get(one.disk.eventFiles[0]!)![100]! ^= 1;
  const [live] = one.transport.live;
  live?.answer({ kind: "confirmed" }, 10);
  await one.clock.advance(100);
  expect(one.engine.health()).toMatchObject({ pending: 10, spooled: 0 });
  const stopped = one.engine.stop();
  await one.clock.advance(3000);
  expect(await stopped).toMatchObject({ spooled: 10 });
  expect(await leftOn(one.disk)).toEqual(ids.slice(10));
  expect(one.engine.stats()).toMatchObject({ events_spool_lost: 0 });
});

it("what was settled of many events holds the event loop no longer than their events, on a slow disk", async () => {
  const options = { connectionPoolSize: 1, maxInFlight: 20_000 };
  const one = await unanswered({ options });
  const { disk, clock, transport } = one;
  const ids = offer(one, 10_000);
  await clock.advance(1000);
  const [live] = transport.live;
  expect(live!.unanswered).toHaveLength(ids.length);
  let heldMs = 0;
  // 5 MB a second.
  disk.hold = (bytes) => {
    clock.time += bytes / 5000;
    heldMs += bytes / 5000;
  };
  disk.delay = async (bytes) => {
    clock.time += bytes / 5000;
  };
  live!.decide({ kind: "confirmed" });
  // Every other one, so that each is a mark of its own.
  for (let at = 0; at < 5000; at++) live!.tell(at);
  await clock.advance(0);
  expect(heldMs).toBeGreaterThan(5);
  expect(heldMs).toBeLessThan(20);
  await clock.advance(5000);
  expect(await leftOn(disk)).toHaveLength(5000);
});

it.each(["always", "interval"] as const)(
  "a folder that cannot be synced is told with fsync %s",
  async (fsync) => {
    const one = await unanswered({ spool: { fsync } });
    one.disk.fails = (call) => (call === "syncFolder" ? "EIO" : undefined);
    offer(one, 1);
    await one.clock.advance(3000);
    expect(one.engine.health().problems).toContainEqual(
      expect.objectContaining({ code: "SPOOL_UNWRITABLE", message: expect.stringContaining("EIO") }),
    );
    expect(offer(one, 1)).toEqual([]);
    if (fsync === "always")
      await expect(one.engine.spooled()).rejects.toMatchObject({ code: "SPOOL_UNWRITABLE" });
    one.disk.fails = () => undefined;
    await one.clock.advance(1100);
    expect(one.engine.health().problems.map(({ code }) => code)).not.toContain("SPOOL_UNWRITABLE");
    expect(offer(one, 1)).toHaveLength(1);
    await one.engine.spooled();
  },
);

it("events that find memory full of what an earlier program has left are read back, and that is not read twice", async () => {
  const first = await unanswered({ options: small });
  const ids = offer(first, 10);
  await first.clock.advance(10);
  const second = await unanswered({ options: small, disk: first.disk.copy() });
  expect(second.engine.health()).toMatchObject({ pending: 10, spooled: 0 });
  ids.push(...offer(second, 3));
  await second.clock.advance(10);
  await deliverAll(second);
  expect(idsOf(second.transport)).toEqual(ids);
});
