import type { Delivery, SettlementOutcome, SubscribeRequest, Verdict } from "@streamll/core";
import { silentLogger } from "@streamll/core";
import {
  ConsumingEngine,
  type ConsumingOptions,
  type ConsumingSetup,
  defaultConsumingOptions,
} from "@streamll/core/internal";
import type { FakeServiceBus } from "@streamll/fake-service-bus";
import { vi } from "vitest";
import { serviceBusTransport } from "../../../src/index.js";
import { message } from "../../support/options.js";
import { busOptions, endpointOf, openBus } from "./bus.js";

export const WAIT = { timeout: 20_000, interval: 5 };

/** Sends messages with these bodies; with sessions each goes to the session of the same place. */
export async function fill(
  bus: FakeServiceBus,
  queue: string,
  bodies: readonly string[],
  sessions: readonly string[] = [],
): Promise<void> {
  await using lane = await openBus(bus, {
    first: queue,
    message: { ...busOptions().message, exchange: queue },
  });
  const before = bus.received(queue).length;
  const messages = bodies.map((body, index) =>
    message({
      body: Buffer.from(body),
      messageId: `id-${body}`,
      correlationId: body,
      ...(sessions[index] === undefined ? {} : { own: { sessionId: sessions[index]! } }),
    }),
  );
  lane.connection.publish(messages, () => {});
  await vi.waitUntil(() => bus.received(queue).length === before + bodies.length, WAIT);
}

const consumingOf = () => serviceBusTransport.create(busOptions()).consuming!;

/** Subscribes, and keeps what comes. */
export async function subscribe(bus: FakeServiceBus, request: Partial<SubscribeRequest> = {}) {
  const got: Delivery[] = [];
  const told: SettlementOutcome[] = [];
  const subscription = await consumingOf().subscribe(
    endpointOf(bus),
    { source: "events", window: 100, receive: (deliveries) => got.push(...deliveries), ...request },
    new AbortController().signal,
  );
  return {
    subscription,
    got,
    told,
    bodies: () => got.map(({ body }) => String(body)),
    async delivery(index: number): Promise<Delivery> {
      await vi.waitUntil(() => got.length > index, WAIT);
      return got[index]!;
    },
    /** Resolves with what was told. */
    settle: (delivery: Delivery, verdict: Verdict) =>
      new Promise<SettlementOutcome>((resolve) => subscription.settle(delivery, verdict, resolve)),
    [Symbol.asyncDispose]: () => subscription.close(AbortSignal.timeout(5000)),
  };
}

/** A consumer as programs have it, stopped at the end of its block. */
export async function consumer(
  bus: FakeServiceBus,
  handle: ConsumingSetup["handle"],
  own: Partial<ConsumingOptions> = {},
) {
  const engine = new ConsumingEngine({
    consuming: consumingOf(),
    endpoints: [endpointOf(bus)],
    options: {
      ...defaultConsumingOptions,
      source: "events",
      retryBackoffMs: 1,
      reconnectBackoffMs: 1,
      drainTimeoutMs: 4000,
      ...own,
    },
    logger: silentLogger,
    handle,
  });
  await engine.start();
  return Object.assign(engine, { [Symbol.asyncDispose]: async () => void (await engine.stop()) });
}
