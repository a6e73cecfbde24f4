import { DeadLetter, RetryLater } from "@streamll/core";
import { memoryDedup } from "@streamll/core/internal";
import { describe, expect, it, type MockInstance, vi } from "vitest";
import { gate, Scene, textOf, transportOptions } from "./scene.js";

describe("a consumer", () => {
  it("hands over what waits and what comes, and tells the broker when a handler is done", async () => {
    const scene = new Scene();
    scene.put("1", "2");
    const engine = scene.engine();
    await engine.start();
    scene.put("3");
    await expect.poll(() => scene.began).toEqual(["1", "2", "3"]);
    expect(await engine.stop()).toMatchObject({ handled: 3, deadLettered: 0, givenBack: 0 });
    expect(scene.broker.depth("q")).toBe(0);
  });

  it("has up to concurrency handlers at work, and those of one execution one after another", async () => {
    const scene = new Scene();
    const gates = new Map<string, ReturnType<typeof gate>>();
    const handle = (delivery: Parameters<typeof textOf>[0]) => {
      const own = gate();
      gates.set(textOf(delivery), own);
      return own.opened;
    };
    const engine = scene.engine(handle, { concurrency: 2 });
    scene.put({ id: "a1", execution: "a" }, { id: "a2", execution: "a" }, "b", "c");
    await engine.start();
    await expect.poll(() => scene.began).toEqual(["a1", "b"]);
    gates.get("b")!.open();
    await expect.poll(() => scene.began).toEqual(["a1", "b", "c"]);
    gates.get("a1")!.open();
    await expect.poll(() => scene.began).toEqual(["a1", "b", "c", "a2"]);
    for (const { open } of gates.values()) open();
    await engine.stop();
  });

  it("never holds more than its window", async () => {
    const scene = new Scene();
    const { open, opened } = gate();
    const engine = scene.engine(() => opened, { window: 3, concurrency: 10 });
    scene.put("1", "2", "3", "4", "5");
    await engine.start();
    await expect.poll(() => scene.began).toEqual(["1", "2", "3"]);
    expect(scene.broker.depth("q")).toBe(2);
    open();
    await scene.settled(engine);
    await engine.stop();
  });

  it("rejects start() where there is no such queue, and holds nothing afterwards", async () => {
    const scene = new Scene();
    const engine = scene.engine(() => {}, { source: "nowhere" });
    await expect(engine.start()).rejects.toMatchObject({ code: "TRANSPORT_NOT_FOUND" });
    expect(engine.health()).toMatchObject({ status: "stopped", pending: 0 });
  });

  it("keeps nothing of each question how many wait, and answers it where the connection is lost", async () => {
    const scene = new Scene();
    const { consuming } = scene.broker.transport().create(transportOptions, []);
    let listened!: MockInstance;
    let isSilent = false;
    const engine = scene.engine(
      () => {},
      {},
      {
        consuming: {
          ...consuming!,
          async subscribe(...request) {
            const subscription = await consuming!.subscribe(...request);
            listened = vi.spyOn(subscription.closed, "then");
            return {
              ...subscription,
              waiting: () => (isSilent ? new Promise(() => {}) : Promise.resolve(7)),
            };
          },
        },
      },
    );
    await engine.start();
    const before = listened.mock.calls.length;
    expect([await engine.lag(), await engine.lag()]).toEqual([7, 7]);
    expect(listened).toHaveBeenCalledTimes(before);
    isSilent = true;
    const asked = engine.lag();
    scene.broker.faults.disconnect();
    expect(await asked).toBeUndefined();
    await engine.stop();
  });

  it("resolves start() also where the first event has stopped it", async () => {
    const scene = new Scene();
    const { consuming } = scene.broker.transport().create(transportOptions, []);
    const engine = scene.engine(
      () => void engine.stop(),
      {},
      {
        consuming: {
          ...consuming!,
          async subscribe(...request) {
            const subscription = await consuming!.subscribe(...request);
            // What comes meanwhile is handled as soon as it is subscribed.
            await new Promise((resolve) => setTimeout(resolve, 20));
            return subscription;
          },
        },
      },
    );
    scene.put("1");
    await engine.start();
    expect(await engine.stop()).toMatchObject({ handled: 1 });
  });

  it("resolves start() while the broker is down, says so, and comes when it is up", async () => {
    const scene = new Scene();
    scene.broker.faults.refuseConnections();
    const engine = scene.engine();
    await engine.start();
    expect(engine.health()).toMatchObject({
      status: "degraded",
      subscribed: false,
      lastError: { code: "TRANSPORT_UNREACHABLE" },
    });
    scene.broker.faults.acceptConnections();
    scene.put("1");
    await expect.poll(() => scene.began).toEqual(["1"]);
    expect(engine.health()).toMatchObject({ status: "up", problems: [] });
    await engine.stop();
  });
});

describe("a handler that throws", () => {
  it("is tried again in place, before later events of its execution", async () => {
    const scene = new Scene();
    const engine = scene.engine((delivery, { attempt }) => {
      if (textOf(delivery) === "a1" && attempt < 3) throw new Error("not yet");
    });
    scene.put({ id: "a1", execution: "a" }, { id: "a2", execution: "a" });
    await engine.start();
    await scene.settled(engine);
    expect(scene.began).toEqual(["a1", "a1", "a1", "a2"]);
    expect(engine.stats()).toMatchObject({ events_failed: 2, events_retried: 2, events_handled: 2 });
    await engine.stop();
  });

  it("makes a dead letter after the last try, and the rest goes on", async () => {
    const scene = new Scene();
    const engine = scene.engine(
      (delivery) => {
        if (textOf(delivery) === "bad") throw new Error("never");
      },
      { attempts: 2 },
    );
    const letters: unknown[] = [];
    engine.on("deadLettered", ({ reason }) => letters.push(reason));
    scene.put("bad", "good");
    await engine.start();
    await scene.settled(engine);
    expect([scene.dead, letters]).toEqual([["bad"], ["RETRIES_EXHAUSTED"]]);
    expect(engine.health().problems.map(({ code }) => code)).toContain("RETRIES_EXHAUSTED");
    await engine.stop();
  });

  it("decides itself by DeadLetter and RetryLater", async () => {
    const scene = new Scene();
    const codes: string[] = [];
    const engine = scene.engine((delivery, { attempt }) => {
      if (textOf(delivery) === "dead") throw new DeadLetter("NO_AMOUNT", "the event has no amount");
      if (attempt === 1) throw new RetryLater(5);
    });
    engine.on("failed", ({ code }) => codes.push(code));
    scene.put("dead", "later");
    await engine.start();
    await scene.settled(engine);
    expect([scene.dead, codes.toSorted()]).toEqual([["dead"], ["NO_AMOUNT", "RETRY_LATER"]]);
    await engine.stop();
  });

  it("has its time, is told when that is over, and counts as failed whatever it does then", async () => {
    const scene = new Scene();
    const aborted: unknown[] = [];
    const engine = scene.engine(
      (_delivery, { signal, attempt }) => {
        if (attempt > 1) return;
        return new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => {
            aborted.push(signal.reason);
            resolve();
          });
        });
      },
      { handlerTimeoutMs: 10 },
      { dedup: memoryDedup(10) },
    );
    scene.put("1");
    await engine.start();
    await scene.settled(engine);
    expect(aborted).toMatchObject([{ code: "HANDLER_TIMEOUT" }]);
    expect(engine.stats()).toMatchObject({ events_failed: 1, events_handled: 1, events_duplicate: 0 });
    await engine.stop();
  });
});

describe("a message that was delivered too often", () => {
  it("is parked before it is handled, on a queue that counts", async () => {
    const scene = new Scene({ "x-queue-type": "quorum" });
    scene.put("poison", "good");
    for (let crash = 0; crash < 2; crash++) {
      const { opened } = gate();
      const crashing = scene.engine(() => opened, { window: 1 });
      await crashing.start();
      await expect.poll(() => crashing.health().pending).toBe(1);
      scene.broker.faults.disconnect();
      await crashing.stop();
    }
    scene.began.length = 0;
    const engine = scene.engine(() => {}, { maxDeliveries: 2 });
    await engine.start();
    await scene.settled(engine);
    expect([scene.began, scene.dead]).toEqual([["good"], ["poison"]]);
    await engine.stop();
  });

  it("is handled alone when it comes again, on a queue that does not count", async () => {
    const scene = new Scene();
    const first = scene.engine(() => gate().opened);
    scene.put("1", "2");
    await first.start();
    await expect.poll(() => scene.began.length).toBe(2);
    await first.stop();
    let most = 0;
    let now = 0;
    const second = scene.engine(async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 2));
      now--;
    });
    scene.put("3", "4");
    await second.start();
    await scene.settled(second);
    expect(scene.began.slice(2, 4)).toEqual(["1", "2"]);
    expect([scene.began.length, most]).toEqual([6, 2]);
    await second.stop();
  }, 10_000);
});

describe("a store that counts deliveries", () => {
  it("has what ends the process given up, on a queue that does not count, and no neighbour of it", async () => {
    const scene = new Scene();
    const counts = new Map<string, number>();
    const deliveries = (id: string) => {
      counts.set(id, (counts.get(id) ?? 0) + 1);
      return counts.get(id)!;
    };
    const store = { has: () => false, add: () => {}, deliveries };
    scene.put("1", "poison", "2");
    const done: string[] = [];
    for (let crash = 0; crash < 4; crash++) {
      const { opened } = gate();
      const engine = scene.engine(
        (delivery) => {
          if (textOf(delivery) === "poison") return opened;
          done.push(textOf(delivery));
        },
        { maxDeliveries: 2, concurrency: 1, drainTimeoutMs: 20 },
        { dedup: store },
      );
      await engine.start();
      await expect.poll(() => scene.broker.depth("dead") + Number(scene.began.at(-1) === "poison")).toBe(1);
      const isGivenUp = scene.broker.depth("dead") > 0;
      if (isGivenUp) await scene.settled(engine);
      else scene.broker.faults.disconnect();
      await engine.stop();
      if (isGivenUp) break;
      scene.began.length = 0;
    }
    expect(done).toEqual(["1", "2"]);
    expect(scene.dead).toEqual(["poison"]);
  });
});

describe("one that comes again and fails", () => {
  it("stops no other, on a queue that does not count and has no dead letters", async () => {
    const scene = new Scene();
    const first = scene.engine(() => gate().opened, { drainTimeoutMs: 50 });
    scene.put("bad");
    await first.start();
    await expect.poll(() => scene.began.length).toBe(1);
    await first.stop();
    const second = scene.engine(
      (delivery) => {
        if (textOf(delivery) === "bad") throw new Error("bad");
      },
      { deadLetters: false, attempts: 1 },
    );
    await second.start();
    await expect.poll(() => scene.began.length).toBe(2);
    scene.put("1", "2");
    await expect.poll(() => scene.began).toEqual(["bad", "bad", "1", "2"]);
    await second.stop();
  });
});

describe("a store of ids", () => {
  it("that fails when asked costs no try, and nothing is handled before it answers", async () => {
    const scene = new Scene();
    let asked = 0;
    const has = async () => {
      if (++asked < 3) throw new Error("no database");
      return false;
    };
    const engine = scene.engine(() => {}, { attempts: 1 }, { dedup: { has, add: () => {} } });
    scene.put("1");
    await engine.start();
    await scene.settled(engine);
    expect([scene.began, scene.dead, engine.stats().events_handled]).toEqual([["1"], [], 1]);
    await engine.stop();
  }, 20_000);

  it("that fails to take an id has the event handled once all the same", async () => {
    const scene = new Scene();
    const add = () => {
      throw new Error("no database");
    };
    const engine = scene.engine(() => {}, {}, { dedup: { has: () => false, add } });
    scene.put("1");
    await engine.start();
    await scene.settled(engine);
    expect([scene.began, scene.dead, engine.stats().events_handled]).toEqual([["1"], [], 1]);
    await engine.stop();
  });
});

describe("a message that its sender sent twice", () => {
  it("is handled once, also where its handler still runs when it comes again", async () => {
    const scene = new Scene();
    const { open, opened } = gate();
    const engine = scene.engine(() => opened, { ordered: false }, { dedup: memoryDedup(10) });
    scene.put("1", "1");
    await engine.start();
    await expect.poll(() => engine.stats().events_received).toBe(2);
    open();
    await scene.settled(engine);
    expect([scene.began, engine.stats().events_duplicate]).toEqual([["1"], 1]);
    await engine.stop();
  });
});

describe("a lost connection", () => {
  it("is made again, and what had not begun comes again in order", async () => {
    const scene = new Scene();
    const { open, opened } = gate();
    const engine = scene.engine(() => opened, { concurrency: 1 });
    scene.put({ id: "1", execution: "a" }, { id: "2", execution: "a" }, { id: "3", execution: "a" });
    await engine.start();
    await expect.poll(() => scene.began).toEqual(["1"]);
    scene.broker.faults.disconnect();
    await expect.poll(() => engine.stats()).toMatchObject({ reconnects: 1, events_duplicate: 1 });
    open();
    await scene.settled(engine);
    // The first came again while its handler ran: it was not begun twice.
    expect(scene.began).toEqual(["1", "2", "3"]);
    expect(engine.stats().settlements_lost).toBe(1);
    await engine.stop();
  });

  it("does not double what was done, as far back as the window of ids goes", async () => {
    const scene = new Scene();
    const engine = scene.engine(() => {}, {}, { dedup: memoryDedup(10) });
    await engine.start();
    scene.put("1");
    await scene.settled(engine);
    scene.put("1", "2");
    await scene.settled(engine);
    expect([scene.began, engine.stats().events_duplicate]).toEqual([["1", "2"], 1]);
    await engine.stop();
  });

  it("has a message that comes again handled by itself, where another of its id is in hand", async () => {
    const scene = new Scene();
    const { open, opened } = gate();
    const engine = scene.engine((delivery) => (textOf(delivery) === "one" ? opened : undefined), {
      window: 2,
      concurrency: 1,
    });
    for (const body of ["one", "other"]) scene.broker.publish({ routingKey: "q", body, messageId: "same" });
    await engine.start();
    await expect.poll(() => engine.health().pending).toBe(2);
    scene.broker.faults.disconnect();
    await expect.poll(() => engine.stats().events_received).toBe(4);
    open();
    await scene.settled(engine);
    expect(scene.began).toEqual(["one", "other"]);
    await engine.stop();
  });

  it("of a queue that is deleted and made again is told, and mended", async () => {
    const scene = new Scene();
    const engine = scene.engine();
    await engine.start();
    scene.broker.deleteQueue("q");
    await expect.poll(() => engine.health().lastError?.code).toBe("TRANSPORT_NOT_FOUND");
    scene.declare();
    scene.put("1");
    await expect.poll(() => scene.began).toEqual(["1"]);
    await engine.stop();
  });
});

describe("stop()", () => {
  it("gives nothing back while a handler runs: another consumer would overtake it", async () => {
    const scene = new Scene();
    const { open, opened } = gate();
    const engine = scene.engine(() => opened);
    scene.put({ id: "1", execution: "a" }, { id: "2", execution: "a" });
    await engine.start();
    await expect.poll(() => scene.began).toEqual(["1"]);
    const stopping = engine.stop();
    const next = scene.engine();
    await next.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(scene.began).toEqual(["1"]);
    open();
    await stopping;
    await expect.poll(() => scene.began).toEqual(["1", "2"]);
    await next.stop();
  });

  it("takes nothing new, waits for handlers, and gives back what had not begun", async () => {
    const scene = new Scene();
    const { open, opened } = gate();
    const engine = scene.engine(() => opened, { concurrency: 1 });
    scene.put("1", "2", "3");
    await engine.start();
    await expect.poll(() => scene.began).toEqual(["1"]);
    const stopping = engine.stop();
    scene.put("4");
    open();
    expect(await stopping).toMatchObject({ handled: 1, givenBack: 2 });
    expect([scene.began, scene.broker.depth("q")]).toEqual([["1"], 3]);
  });

  it("ends in drainTimeout though a handler hangs, aborts its signal, and gives its message back", async () => {
    const scene = new Scene();
    let reason: unknown;
    const engine = scene.engine(
      (_delivery, { signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
          });
        }),
      { drainTimeoutMs: 50 },
    );
    scene.put("1");
    await engine.start();
    await expect.poll(() => scene.began).toEqual(["1"]);
    const { durationMs } = await engine.stop();
    expect(durationMs).toBeLessThan(1000);
    expect([reason, scene.broker.depth("q")]).toMatchObject([{ code: "STOPPED" }, 1]);
  });

  it("ends while the broker is silent, and while it is down", async () => {
    for (const fault of ["silence", "refuseConnections"] as const) {
      const scene = new Scene();
      scene.broker.faults[fault]();
      const engine = scene.engine(() => {}, { drainTimeoutMs: 50 });
      const starting = engine.start().catch(() => {});
      await engine.stop();
      await starting;
      expect(engine.health().status).toBe("stopped");
    }
  });

  it("gives back in order, and once, also what waited for another try", async () => {
    const scene = new Scene();
    const { open, opened } = gate();
    const engine = scene.engine((delivery) => {
      if (textOf(delivery) === "b") return opened;
      throw new RetryLater(30_000);
    });
    scene.put("b", { id: "a1", execution: "a" }, { id: "a2", execution: "a" });
    await engine.start();
    await expect.poll(() => engine.stats()).toMatchObject({ events_failed: 1, events_in_hand: 2 });
    const stopping = engine.stop();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([scene.broker.depth("q"), engine.stats().events_received]).toEqual([0, 3]);
    open();
    expect(await stopping).toMatchObject({ handled: 1, givenBack: 2 });
    expect(scene.broker.consume("q").map(({ body }) => String(body))).toEqual(["a1", "a2"]);
  });

  it("ends in drainTimeout though nobody answers the settlement of a message that came again", async () => {
    const scene = new Scene();
    const first = scene.engine(() => gate().opened, { drainTimeoutMs: 50 });
    scene.put("1");
    await first.start();
    await expect.poll(() => scene.began).toEqual(["1"]);
    await first.stop();
    const { consuming } = scene.broker.transport().create(transportOptions, []);
    const engine = scene.engine(
      () => {},
      { drainTimeoutMs: 100 },
      {
        consuming: {
          ...consuming!,
          subscribe: async (...request) => ({ ...(await consuming!.subscribe(...request)), settle() {} }),
        },
      },
    );
    await engine.start();
    await expect.poll(() => scene.began).toEqual(["1", "1"]);
    expect((await engine.stop()).durationMs).toBeLessThan(1000);
  });

  it("does not wait for another try", async () => {
    const scene = new Scene();
    const engine = scene.engine(
      () => {
        throw new RetryLater(30_000);
      },
      { drainTimeoutMs: 20_000 },
    );
    scene.put("1");
    await engine.start();
    await expect.poll(() => engine.stats().events_failed).toBe(1);
    const { durationMs, givenBack } = await engine.stop();
    expect(durationMs).toBeLessThan(5000);
    expect([givenBack, scene.broker.depth("q")]).toEqual([1, 1]);
  });
});
