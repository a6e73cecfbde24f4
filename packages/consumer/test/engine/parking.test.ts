import { DeadLetter, type TransportConnection, TransportError } from "@streamll/core";
import { type ConsumingOptions, defaultConsumingOptions } from "@streamll/core/internal";
import { afterEach, describe, expect, it } from "vitest";
import { Scene, transportOptions } from "./scene.js";

const giveUp = () => {
  throw new DeadLetter("NO_AMOUNT", "the event has no amount");
};

describe("parking a dead letter", () => {
  const scenes: Scene[] = [];
  afterEach(async () => {
    for (const { engines } of scenes.splice(0)) await Promise.all(engines.map((engine) => engine.stop()));
  });

  function parked(handle: () => unknown = giveUp, options: Partial<ConsumingOptions> = {}) {
    const scene = new Scene();
    scenes.push(scene);
    const transport = scene.broker.transport().create(transportOptions, []);
    const parking = { connect: transport.connect, exchange: "dlx" };
    const engine = scene.engine(handle, { attempts: 2, ...options }, { parking });
    const place = () => {
      scene.broker.declareExchange("dlx", "topic");
      scene.broker.declareQueue("parked");
      scene.broker.bind("parked", "dlx");
    };
    return { scene, engine, place };
  }

  it("the engine puts it with the reason, and with all that its sender gave it", async () => {
    const { scene, engine, place } = parked();
    place();
    scene.broker.publish({
      ...{
        routingKey: "q",
        body: "foreign",
        messageId: "1",
        contentType: "text/x-own",
        appId: "other",
        priority: 7,
      },
      ...{
        headers: { deep: { list: [1, { two: 2 }] }, streamll_attempts: 99 },
        expirationMs: 60_000,
        deliveryMode: 1,
      },
    });
    await engine.start();
    await scene.settled(engine);
    const [letter, ...others] = scene.broker.consume("parked");
    expect(others).toEqual([]);
    expect(String(letter!.body)).toBe("foreign");
    expect(letter).toMatchObject({
      messageId: "1",
      contentType: "text/x-own",
      appId: "other",
      priority: 7,
      deliveryMode: 1,
    });
    expect(letter).not.toHaveProperty("expirationMs");
    expect(letter!.headers).toEqual({
      deep: { list: [1, { two: 2 }] },
      streamll_failure: "NO_AMOUNT",
      streamll_failure_message: "the event has no amount",
      streamll_exchange: "",
      streamll_routing_key: "q",
      streamll_queue: "q",
      streamll_attempts: 1,
      streamll_failed_at: expect.stringMatching(/^\d{4}-.*Z$/),
      streamll_expiration: "60000",
    });
    expect(engine.stats()).toMatchObject({ events_dead_lettered: 1, settlements_lost: 0 });
    expect(scene.dead).toEqual([]);
  });

  it("the engine keeps it while nobody takes it, says so, tries without haste, and puts it once", async () => {
    const { scene, engine, place } = parked();
    let handled = 0;
    scene.put("1", "2");
    engine.on("failed", () => handled++);
    await engine.start();
    await expect.poll(() => engine.health().problems.map(({ code }) => code)).toContain("PARKING_FAILED");
    expect(engine.health()).toMatchObject({ status: "degraded", pending: 2 });
    expect(handled).toBe(2);
    place();
    await scene.settled(engine);
    expect(
      scene.broker
        .consume("parked")
        .map(({ body }) => String(body))
        .sort(),
    ).toEqual(["1", "2"]);
    expect(engine.health().problems.map(({ code }) => code)).not.toContain("PARKING_FAILED");
    expect([handled, engine.stats().events_dead_lettered]).toEqual([2, 2]);
  });

  it("the engine leaves it to the broker where the message cannot be published, or its user may not", async () => {
    for (const error of [
      new TransportError("protocol", "its user-id is of another user", { permanent: true }),
      new TransportError("permission", "no right to write"),
    ]) {
      const scene = new Scene();
      scenes.push(scene);
      const connect = async (): Promise<TransportConnection> => ({
        publish: (batch, settle) => settle(0, batch.length, { kind: "refused", error }),
        onFlow: (listener) => listener({ credit: 1 }),
        closed: new Promise(() => {}),
        close: async () => {},
      });
      const engine = scene.engine(giveUp, {}, { parking: { connect, exchange: "dlx" } });
      scene.put("1");
      await engine.start();
      await scene.settled(engine);
      expect(scene.dead).toEqual(["1"]);
      expect(engine.stats()).toMatchObject({ events_dead_lettered: 1, events_given_back: 0 });
    }
  });

  it("the engine gives back at stop() what it could not put", async () => {
    const { scene, engine } = parked();
    scene.put("1");
    await engine.start();
    await expect.poll(() => engine.health().problems.map(({ code }) => code)).toContain("PARKING_FAILED");
    expect(await engine.stop()).toMatchObject({ deadLettered: 0, givenBack: 1 });
    expect(scene.broker.depth("q")).toBe(1);
  });

  it("the engine waits at stop() no longer, where the message had come again", async () => {
    const { scene, engine, place } = parked(giveUp, { drainTimeoutMs: 100 });
    place();
    scene.broker.faults.delayConfirms(60_000);
    scene.put("1");
    const first = scene.engine(() => new Promise(() => {}), { drainTimeoutMs: 50 });
    await first.start();
    await expect.poll(() => scene.began).toEqual(["1"]);
    await first.stop();
    await engine.start();
    await expect.poll(() => scene.broker.depth("parked")).toBe(1);
    const { durationMs, givenBack } = await engine.stop();
    expect(givenBack).toBe(1);
    expect(durationMs).toBeLessThan(1000);
  });

  it("the engine waits at stop() for the confirm, no longer than drainTimeout", async () => {
    const { scene, engine, place } = parked();
    place();
    scene.broker.faults.delayConfirms(60_000);
    scene.put("1");
    await engine.start();
    await expect.poll(() => scene.broker.depth("parked")).toBe(1);
    const { durationMs, givenBack } = await engine.stop();
    expect(givenBack).toBe(1);
    expect(durationMs).toBeLessThan(defaultConsumingOptions.drainTimeoutMs);
  });
});
