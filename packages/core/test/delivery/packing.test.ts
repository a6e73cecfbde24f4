import { type OutboundMessage, TransportError } from "@streamll/core";
import { expect, it } from "vitest";
import { bench, message } from "./bench.js";
import { FakeTransport, nack } from "./fake-transport.js";

const POISON = 5;
const EVENTS = 8;

const indicesIn = (one: OutboundMessage): number[] => JSON.parse(one.body().toString());

/** An engine whose broker ends each connection that carries the poison, and keeps all else. */
function poisoned(options: { readonly deduplication: boolean }, maxRetries = 1) {
  const transport = new FakeTransport(options);
  transport.onPublish = (connection) => {
    const isPoisoned = connection.batches.at(-1)!.some((one) => indicesIn(one).includes(POISON));
    if (isPoisoned) connection.die(new TransportError("protocol", "what is that?"));
    else connection.answer();
  };
  const packing = { layout: "json-array" } as const;
  const limits = { batchSize: EVENTS, maxRetries, circuitBreaker: false, maxRetryBackoffMs: 100 } as const;
  return bench({ transport, packing, ...limits });
}

it.each([
  { deduplication: false, executions: 1, maxRetries: 0 },
  { deduplication: false, executions: 2, maxRetries: 1 },
  { deduplication: true, executions: 1, maxRetries: 0 },
  { deduplication: true, executions: 2, maxRetries: 1 },
])(
  "the engine finds the event of a batch that ends its connections, and fails it alone: %o",
  async ({ deduplication, executions, maxRetries }) => {
    const { engine, transport, clock, failures } = poisoned({ deduplication }, maxRetries);
    for (let index = 0; index < EVENTS; index++)
      engine.offer(message({ body: String(index), correlationId: `run-${index % executions}` }));
    for (let passed = 0; passed < 60_000 && engine.pending > 0; passed += 100) await clock.advance(100);
    expect(failures.map(({ message }) => message.body().toString())).toEqual([String(POISON)]);
    const stored = transport.stored.flatMap(indicesIn);
    expect(stored.toSorted()).toEqual([0, 1, 2, 3, 4, 6, 7]);
    expect(engine.stats()).toMatchObject({ events_sent: EVENTS - 1, events_failed: 1 });
  },
);

it("the engine fails the events of a message together whose sequences are the publisher's own", async () => {
  const { engine, clock, failures } = poisoned({ deduplication: true });
  for (let index = 0; index < EVENTS; index++)
    engine.offer(message({ body: String(index), sequence: index + 1 }));
  for (let passed = 0; passed < 60_000 && engine.pending > 0; passed += 100) await clock.advance(100);
  expect(failures).toHaveLength(EVENTS);
  expect(engine.pending).toBe(0);
});

it("the engine sends a refused batch in halves, and uses up tries of one event alone", async () => {
  const { engine, transport, clock } = bench({
    packing: { layout: "json-array" },
    batchSize: EVENTS,
    maxRetries: 1,
  });
  const refusedOnce = new Set<string>();
  transport.onPublish = (connection) => {
    const [one] = connection.batches.at(-1)!;
    const events = indicesIn(one!);
    const isRefused = events.includes(POISON) && (events.length > 1 || refusedOnce.size === 0);
    if (isRefused && events.length === 1) refusedOnce.add(one!.messageId);
    connection.answer(isRefused ? { kind: "refused", error: nack() } : { kind: "confirmed" });
  };
  for (let index = 0; index < EVENTS; index++) engine.offer(message({ body: String(index) }));
  for (let passed = 0; passed < 60_000 && engine.pending > 0; passed += 100) await clock.advance(100);
  expect(transport.stored.flatMap(indicesIn).toSorted()).toEqual([...Array(EVENTS).keys()]);
  expect(engine.stats()).toMatchObject({ events_sent: EVENTS, events_retried: 1, events_failed: 0 });
});

it("the engine fills the messages of several routing keys at a time", async () => {
  const { engine, transport, clock } = bench({ packing: { layout: "json-array" }, batchSize: EVENTS });
  transport.onPublish = (connection) => connection.answer();
  for (let index = 0; index < 4 * EVENTS; index++)
    engine.offer(
      message({ body: String(index), routingKey: `app.${index % 4}`, correlationId: `run-${index}` }),
    );
  await clock.advance(1);
  expect(transport.stored.map((one) => indicesIn(one).length)).toEqual([EVENTS, EVENTS, EVENTS, EVENTS]);
});

it("the engine leaves events that fill no message for the next ones", async () => {
  const { engine, transport, clock } = bench({ packing: { layout: "json-array" }, batchSize: EVENTS });
  transport.onPublish = (connection) => connection.answer();
  const offer = (count: number) => {
    for (let index = 0; index < count; index++) engine.offer(message({ body: "1" }));
  };
  // What waits for a connection goes as soon as there is one.
  offer(EVENTS);
  await clock.advance(1);
  offer(2 * EVENTS + 3);
  await clock.advance(1);
  offer(EVENTS - 3);
  await clock.advance(1);
  expect(transport.stored.map((one) => indicesIn(one).length)).toEqual([EVENTS, EVENTS, EVENTS, EVENTS]);
});

it("the engine fills no message beyond batchBytes", async () => {
  const { engine, transport, clock } = bench({
    packing: { layout: "json-array" },
    batchSize: 50,
    batchBytes: 35,
  });
  transport.onPublish = (connection) => connection.answer();
  for (let index = 0; index < 9; index++) engine.offer(message({ body: "1".repeat(10) }));
  await clock.advance(1);
  expect(transport.stored.map((one) => indicesIn(one).length)).toEqual([3, 3, 3]);
});
