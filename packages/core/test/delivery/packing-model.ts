import { type FlushReport, type OutboundMessage, silentLogger, TransportError } from "@streamll/core";
import { type DeliveryEngine, defaultDeliveryOptions } from "@streamll/core/internal";
import fc from "fast-check";
import { message } from "./bench.js";
import { FakeClock } from "./fake-clock.js";
import { type FakeConnection, FakeTransport, fakeEndpoint, nack } from "./fake-transport.js";
import { must } from "./model.js";

const nat = (max: number) => fc.integer({ min: 0, max });

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("offer" as const),
      key: nat(2),
      execution: nat(3),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 100, 2000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("answer" as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("store" as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("die" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("refuse" as const), shared: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
  // The broker still reads what the last connection had written, while the next one is open.
  { weight: 2, arbitrary: fc.record({ do: fc.constant("store late" as const), count: nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("credit" as const), credit: fc.constantFrom(1, 2, 100) }),
  },
);

export const packingPlan = fc.record({
  layout: fc.constantFrom("json-array" as const, "ndjson" as const),
  deduplication: fc.boolean(),
  numbered: fc.boolean(),
  /** Why the broker refuses each message with an event of the last key. */
  poison: fc.constantFrom(undefined, "nack" as const, "unroutable" as const),
  batchSize: fc.integer({ min: 1, max: 6 }),
  maxInFlight: fc.integer({ min: 2, max: 20 }),
  steps: fc.array(step, { minLength: 5, maxLength: 50, size: "max" }),
});

type PackingPlan = typeof packingPlan extends fc.Arbitrary<infer T> ? T : never;

interface Offered {
  readonly id: string;
  readonly execution: string;
  readonly key: string;
}

const POISON_KEY = "key-2";

/** Runs a plan against an engine whose messages are batches, and checks what the broker holds in the end. */
export async function keepsEventsOfBatches(
  Engine: typeof DeliveryEngine,
  { steps, layout, deduplication, poison, ...options }: PackingPlan,
): Promise<void> {
  const clock = new FakeClock();
  const transport = new FakeTransport({ deduplication });
  const { numbered, ...limits } = options;
  const isNumbered = numbered && deduplication;
  const failed: string[] = [];
  const engine = new Engine({
    transport,
    clock,
    random: () => 0.5,
    logger: silentLogger,
    endpoints: [fakeEndpoint()],
    onFailure: ({ message }) => failed.push(message.messageId),
    options: {
      ...{ ...defaultDeliveryOptions, ...limits },
      ...{ connectionPoolSize: 1, maxRetries: 1000, packing: { layout } },
    },
  });
  const offered: Offered[] = [];

  const offer = (key: number, execution: number) => {
    const id = `event-${offered.length}`;
    const correlationId = `run-${execution}`;
    const routingKey = `key-${key}`;
    offered.push({ id, execution: correlationId, key: routingKey });
    const fields = { messageId: id, correlationId, routingKey, body: JSON.stringify({ id }) };
    const sequence = isNumbered ? { sequence: 10 * offered.length } : {};
    engine.offer(message({ ...fields, ...sequence }));
  };
  /** What its report says must be of the events that were accepted before. */
  const flush = async () => {
    const { events_sent, events_failed } = engine.stats();
    const open = offered.length - events_sent - events_failed;
    const { sent, failed, pending } = await engine.flush();
    if (sent + failed + pending !== open || pending < 0)
      wrong = `a flush of ${open} events reports ${sent} + ${failed} + ${pending}`;
  };
  let wrong: string | undefined;
  /** A broker refuses nothing that it has: with deduplication it may have it from a connection that is gone. */
  const refuse = (connection: FakeConnection, shared: boolean) => {
    const isNew = connection.unanswered.every(({ decision }) => decision === undefined);
    if (isNew && !deduplication) connection.answer({ kind: "refused", error: nack(), shared }, 1);
  };
  // Of a message under sequences of the publisher's own all events fail.
  const isBad = (key: string) => poison !== undefined && !isNumbered && key === POISON_KEY;
  const error = new TransportError(poison ?? "nack", "a bad event", { permanent: true });
  /** The broker decides on the oldest messages that it has not decided on. */
  const decide = (connection: FakeConnection, count: number, answers: boolean) => {
    for (let left = count; left > 0; left--) {
      const next = connection.unanswered.find(({ decision }) => decision === undefined);
      connection.decide(
        next && isBad(next.message.routingKey) ? { kind: "refused", error } : { kind: "confirmed" },
        1,
      );
      if (answers) connection.tell(0);
    }
  };
  const last = (list: readonly FakeConnection[]): FakeConnection | undefined => list.at(-1);

  for (const next of steps) {
    const live = last(transport.live);
    const dead = last(transport.connections.filter((one) => !one.open));
    if (next.do === "offer") for (let i = 0; i < next.count; i++) offer(next.key, next.execution);
    else if (next.do === "pass") await clock.advance(next.ms);
    else if (next.do === "answer") live && decide(live, next.count, true);
    else if (next.do === "store") live && decide(live, next.count, false);
    else if (next.do === "store late") dead && decide(dead, next.count, false);
    else if (next.do === "flush") void flush();
    else if (next.do === "refuse") live !== undefined && refuse(live, next.shared);
    else if (next.do === "credit") live?.flow({ credit: next.credit });
    else live?.die(new TransportError("unreachable", "gone"));
    const { events_received, events_sent, events_failed, events_buffered, events_in_flight } = engine.stats();
    const open = events_buffered + events_in_flight;
    must(events_received === events_sent + events_failed + open, "no event is lost on the way");
  }
  const answerAll = (connection: FakeConnection) => decide(connection, connection.unanswered.length, true);
  transport.onPublish = answerAll;
  for (const live of transport.live) {
    live.flow({ credit: Number.POSITIVE_INFINITY });
    answerAll(live);
  }
  let report: FlushReport | undefined;
  void engine.stop().then((one) => {
    report = one;
  });
  for (let passed = 0; passed < 20_000 && report === undefined; passed += 200) await clock.advance(200);
  await clock.advance(0);
  const good = offered.filter(({ key }) => !isBad(key));
  const bad = offered.filter(({ key }) => isBad(key)).map(({ id }) => id);
  must(report?.sent === good.length && report.failed === bad.length, "every good event is sent");
  must(failed.toSorted().join() === bad.toSorted().join(), "each bad event fails, and no other");
  must(wrong === undefined, wrong ?? "");

  for (const { message: sent } of transport.written) {
    const events = eventsIn(sent, layout);
    must(events.length <= options.batchSize, "a message has no more events than batchSize");
    must(sent.headers.streamll_batch === events.length, "a message says how many events it has");
  }
  const stored = transport.stored.flatMap((one) => eventsIn(one, layout));
  must(
    good.every(({ id }) => stored.includes(id)),
    "no event is lost",
  );
  must(!deduplication || stored.length === good.length, "a broker that deduplicates has each event once");
  // A refused event waits for its retry, and later ones go on.
  if (bad.length > 0 || steps.some((one) => one.do === "refuse")) return;
  for (const execution of new Set(offered.map((one) => one.execution))) {
    const own = offered.filter((one) => one.execution === execution).map(({ id }) => id);
    const first = [...new Set(stored)].filter((id) => own.includes(id));
    must(first.join() === own.join(), "the events of an execution are stored in their order");
  }
}

/** The ids of the events in a batch. */
function eventsIn(message: OutboundMessage, layout: PackingPlan["layout"]): string[] {
  const text = message.body().toString();
  const json = layout === "ndjson" ? `[${text.trimEnd().replaceAll("\n", ",")}]` : text;
  return (JSON.parse(json) as { readonly id: string }[]).map(({ id }) => id);
}
