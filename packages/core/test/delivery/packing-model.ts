import { type OutboundMessage, silentLogger, TransportError } from "@streamll/core";
import { type DeliveryEngine, defaultDeliveryOptions } from "@streamll/core/internal";
import fc from "fast-check";
import { message } from "./bench.js";
import { FakeClock } from "./fake-clock.js";
import { type FakeConnection, FakeTransport, fakeEndpoint } from "./fake-transport.js";
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
  batchSize: fc.integer({ min: 1, max: 6 }),
  maxInFlight: fc.integer({ min: 2, max: 20 }),
  steps: fc.array(step, { minLength: 5, maxLength: 50, size: "max" }),
});

type PackingPlan = typeof packingPlan extends fc.Arbitrary<infer T> ? T : never;

interface Offered {
  readonly id: string;
  readonly execution: string;
}

/** Runs a plan against an engine whose messages are batches, and checks what the broker holds in the end. */
export async function keepsEventsOfBatches(
  Engine: typeof DeliveryEngine,
  { steps, layout, deduplication, ...options }: PackingPlan,
): Promise<void> {
  const clock = new FakeClock();
  const transport = new FakeTransport({ deduplication });
  const { numbered, ...limits } = options;
  const engine = new Engine({
    transport,
    clock,
    random: () => 0.5,
    logger: silentLogger,
    endpoints: [fakeEndpoint()],
    options: { ...defaultDeliveryOptions, ...limits, connectionPoolSize: 1, packing: { layout } },
  });
  const offered: Offered[] = [];
  const isNumbered = numbered && deduplication;

  const offer = (key: number, execution: number) => {
    const id = `event-${offered.length}`;
    const correlationId = `run-${execution}`;
    offered.push({ id, execution: correlationId });
    const fields = { messageId: id, correlationId, routingKey: `key-${key}`, body: JSON.stringify({ id }) };
    const sequence = isNumbered ? { sequence: 10 * offered.length } : {};
    engine.offer(message({ ...fields, ...sequence }));
  };
  const last = (list: readonly FakeConnection[]): FakeConnection | undefined => list.at(-1);

  for (const next of steps) {
    const live = last(transport.live);
    const dead = last(transport.connections.filter((one) => !one.open));
    if (next.do === "offer") for (let i = 0; i < next.count; i++) offer(next.key, next.execution);
    else if (next.do === "pass") await clock.advance(next.ms);
    else if (next.do === "answer") live?.answer({ kind: "confirmed" }, next.count);
    else if (next.do === "store") live?.decide({ kind: "confirmed" }, next.count);
    else if (next.do === "store late") dead?.decide({ kind: "confirmed" }, next.count);
    else if (next.do === "credit") live?.flow({ credit: next.credit });
    else live?.die(new TransportError("unreachable", "gone"));
    const { events_received, events_sent, events_buffered, events_in_flight } = engine.stats();
    must(events_received === events_sent + events_buffered + events_in_flight, "no event is lost on the way");
  }
  transport.onPublish = (connection) => connection.answer();
  for (const live of transport.live) {
    live.flow({ credit: Number.POSITIVE_INFINITY });
    live.answer();
  }
  let report: { readonly sent: number } | undefined;
  void engine.stop().then((one) => {
    report = one;
  });
  for (let passed = 0; passed < 20_000 && report === undefined; passed += 200) await clock.advance(200);
  await clock.advance(0);
  must(report?.sent === offered.length, "every event is sent");

  for (const { message: sent } of transport.written) {
    const events = eventsIn(sent, layout);
    must(events.length <= options.batchSize, "a message has no more events than batchSize");
    must(sent.headers.streamll_batch === events.length, "a message says how many events it has");
  }
  const stored = transport.stored.flatMap((one) => eventsIn(one, layout));
  const isWhole = stored.length === offered.length && offered.every(({ id }) => stored.includes(id));
  must(!deduplication || isWhole, "a broker that deduplicates has each event once");
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
