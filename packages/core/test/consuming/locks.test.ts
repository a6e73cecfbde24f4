import { describe, expect, it } from "vitest";
import { Locks } from "../../src/consuming/locks.js";
import type { Delivery, Subscription } from "../../src/consuming/seam.js";
import { TransportError } from "../../src/errors.js";
import { FakeClock } from "../delivery/fake-clock.js";

const MINUTE = 60_000;

/** Deliveries with locks of a minute, and what is asked of them. */
function scene(
  renew: (delivery: Locked, time: number) => Promise<void> = async (delivery) => delivery.extend(),
) {
  const clock = new FakeClock();
  clock.time = 0;
  const lost: string[] = [];
  const asked: [name: string, at: number][] = [];
  const locks = new Locks({ clock, now: () => clock.now(), lost: ({ messageId }) => lost.push(messageId!) });
  const subscription = {
    renew(given: Delivery) {
      const delivery = given as unknown as Locked;
      asked.push([delivery.messageId, clock.now()]);
      return renew(delivery, asked.length);
    },
  } as unknown as Subscription;
  const hold = (name: string) => {
    const delivery = new Locked(name, clock);
    locks.hold(delivery as unknown as Delivery, subscription);
    return delivery as Locked & Delivery;
  };
  return { clock, locks, lost, asked, hold };
}

class Locked {
  readonly messageId: string;
  readonly #clock: FakeClock;
  lockedUntil: number;

  constructor(messageId: string, clock: FakeClock) {
    this.messageId = messageId;
    this.#clock = clock;
    this.lockedUntil = clock.now() + MINUTE;
  }

  extend(): void {
    this.lockedUntil = this.#clock.now() + MINUTE;
  }
}

describe("the locks of a consumer", () => {
  it("are renewed ten seconds before their end, until they are released", async () => {
    const { clock, locks, lost, asked, hold } = scene();
    const a = hold("a");
    await clock.advance(20_000);
    hold("b");
    await clock.advance(85_000);
    expect(asked).toEqual([
      ["a", 50_000],
      ["b", 70_000],
      ["a", 100_000],
    ]);
    locks.release(a);
    await clock.advance(50_000);
    expect(asked.slice(3)).toEqual([["b", 120_000]]);
    expect(lost).toEqual([]);
  });

  it("are renewed together where their ends are close", async () => {
    const { clock, asked, hold } = scene();
    hold("a");
    await clock.advance(900);
    hold("b");
    await clock.advance(1100);
    hold("c");
    await clock.advance(50_500);
    expect(asked).toEqual([
      ["a", 50_000],
      ["b", 50_000],
      ["c", 52_000],
    ]);
  });

  it("are tried again while they hold, where a renewal fails", async () => {
    const busy = new TransportError("throttled", "busy");
    const { clock, lost, asked, hold } = scene(async (delivery, time) => {
      if (time < 3) throw busy;
      delivery.extend();
    });
    hold("a");
    await clock.advance(59_000);
    expect(asked).toHaveLength(3);
    expect(lost).toEqual([]);
  });

  it.each([
    [
      "the broker says so",
      async () => Promise.reject(new TransportError("cancelled", "lost", { permanent: true })),
      50_000,
    ],
    [
      "no renewal succeeds until their end",
      async () => Promise.reject(new TransportError("throttled", "busy")),
      MINUTE,
    ],
    ["a renewal is not answered until their end", () => new Promise<void>(() => {}), MINUTE],
  ])("are lost when %s", async (_, renew, at) => {
    const { clock, lost, asked, hold } = scene(renew);
    hold("a");
    await clock.advance(at - 1);
    expect(lost).toEqual([]);
    await clock.advance(2);
    expect(lost).toEqual(["a"]);
    const before = asked.length;
    await clock.advance(MINUTE);
    expect(asked).toHaveLength(before);
  });

  it("are not given up over a clock of the broker that is behind", async () => {
    const { clock, lost, asked, hold } = scene(async (delivery) => {
      delivery.lockedUntil = clock.now() - MINUTE;
    });
    hold("a").lockedUntil = -MINUTE;
    await clock.advance(55_000);
    expect(lost).toEqual([]);
    expect(asked.length).toBeLessThan(10);
  });

  it("leave no timer behind once nothing is held", async () => {
    const { clock, locks, hold, asked } = scene();
    const a = hold("a");
    hold("b");
    locks.release(a);
    locks.clear();
    await clock.advance(2 * MINUTE);
    expect(asked).toEqual([]);
  });
});
