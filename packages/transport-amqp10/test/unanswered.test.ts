import { silentLogger } from "@streamll/core";
import { DeliveryEngine, defaultDeliveryOptions, PreparedMessage } from "@streamll/core/internal";
import { expect, it, vi } from "vitest";
import { amqp10 } from "../src/transport.js";
import { plainDialect } from "./support/dialect.js";
import { options, parts } from "./support/options.js";
import { startPeer } from "./support/peer.js";

const EVENTS = 4000;
const WAIT = { timeout: 60_000, interval: 10 };

const event = (index: number) =>
  new PreparedMessage({
    ...parts({ sequence: 0 }),
    messageId: `e${index}`,
    body: JSON.stringify({ index }),
  });

it("one event that the broker never answers stops no other, is not blamed on the network, and goes again", async () => {
  await using peer = await startPeer({
    credit: 50_000,
    answer: ({ delivery }) => peer.received.length > 1 && delivery!.accept(),
  });
  const engine = new DeliveryEngine({
    transport: amqp10(options(), plainDialect({ firstAddress: "streamll.start.search" })),
    endpoints: [peer.endpoint],
    options: {
      ...defaultDeliveryOptions,
      connectionPoolSize: 1,
      confirmTimeoutMs: 3000,
      retryBackoffMs: 1,
    },
    logger: silentLogger,
  });
  await engine.start();
  for (let index = 0; index < EVENTS; index++) engine.offer(event(index));
  await vi.waitUntil(() => engine.stats().events_sent === EVENTS - 1, WAIT);
  const codes = new Set<string>();
  await vi.waitUntil(() => {
    for (const { code } of engine.health().problems) codes.add(code);
    return engine.stats().events_sent === EVENTS;
  }, WAIT);
  // Which tells of a network that takes nothing.
  expect(codes).not.toContain("TRANSPORT_THROTTLED");
  expect(engine.stats()).toMatchObject({ reconnects: 0, events_retried: 1, events_failed: 0 });
  const bodies = peer.received.map(({ message }) => String(message!.body.content));
  expect(bodies.at(-1)).toBe('{"index":0}');
  await engine.stop();
}, 120_000);
