import { type OutboundMessage, TransportError } from "@streamll/core";
import type { DeliveryEngine } from "@streamll/core/internal";
import fc from "fast-check";
import { message } from "../delivery/bench.js";
import { type FakeConnection, FakeTransport, nack } from "../delivery/fake-transport.js";
import { must } from "../delivery/model.js";
import { answering, program } from "./bench.js";

type Step =
  | { readonly do: "offer"; readonly keys: readonly number[] }
  | { readonly do: "store" | "answer" | "refuse"; readonly messages: number }
  | { readonly do: "end" | "blame" | "wait" };

const messages = fc.integer({ min: 1, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("offer" as const),
    keys: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 12 }),
  }),
  fc.record({ do: fc.constantFrom("store" as const, "answer" as const, "refuse" as const), messages }),
  fc.record({ do: fc.constantFrom("end" as const, "blame" as const, "wait" as const) }),
);

const isDecided = ({ decision }: FakeConnection["unanswered"][number]): boolean => decision !== undefined;

type Inflict = (connection: FakeConnection, messages: number, highest: number) => void;

/** What the broker does before the program is killed; what it has goes up to `highest`. */
const inflict: Record<Exclude<Step["do"], "offer">, Inflict> = {
  store: (connection, messages) => connection.decide({ kind: "confirmed" }, messages),
  answer: (connection, messages) => connection.answer({ kind: "confirmed" }, messages),
  // A broker refuses nothing that it has. A refusal that is lost with the program looks like an event that is stored.
  refuse: (connection, _, highest) => {
    const stored = connection.unanswered.filter(({ sequence }) => sequence <= highest).length;
    connection.decide({ kind: "confirmed" }, stored - connection.unanswered.filter(isDecided).length);
    for (let told = 0; told < stored; told++) connection.tell(0);
    connection.answer({ kind: "refused", error: nack() }, 1);
  },
  end: (connection) => connection.die(),
  blame: (connection, _, highest) => {
    const [first, ...others] = connection.unanswered;
    const isAlone = first !== undefined && others.length === 0 && first.sequence > highest;
    connection.die(isAlone ? new TransportError("protocol", "a bad message") : undefined);
  },
  wait: () => {},
};

export interface KillPlan {
  readonly packed: boolean;
  readonly batchSize: number;
  readonly credit: number;
  readonly mode: "write-ahead" | "overflow";
  readonly steps: readonly Step[];
}

export const killPlan: fc.Arbitrary<KillPlan> = fc.record({
  packed: fc.boolean(),
  batchSize: fc.integer({ min: 1, max: 6 }),
  credit: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
  mode: fc.constantFrom("write-ahead", "overflow"),
  steps: fc.array(step, { minLength: 1, maxLength: 24 }),
});

/** Kills an engine at the end of a plan, and checks that the broker has each event once when the next one is done. */
export async function storesEachOnce(Engine: typeof DeliveryEngine, plan: KillPlan): Promise<void> {
  const { packed, batchSize, credit, mode, steps } = plan;
  const options = {
    ...{ connectionPoolSize: 1, batchSize, maxInFlight: 16, maxRetries: 1000 },
    ...(packed ? { packing: { layout: "json-array" as const } } : {}),
  };
  const transport = new FakeTransport({ deduplication: true });
  const killed = program({ Engine, transport, options, spool: { mode } });
  await killed.engine.start();
  await killed.clock.advance(10);
  let accepted = 0;
  for (const one of steps) {
    const [connection] = transport.live;
    if (one.do === "offer")
      for (const key of one.keys) {
        const text = JSON.stringify({ n: accepted++ });
        killed.engine.offer(message({ correlationId: `run-${key}`, routingKey: `key.${key}`, body: text }));
      }
    else if (connection !== undefined) {
      connection.flow({ credit });
      const highest = transport.highest.get(connection.lane) ?? 0;
      inflict[one.do](connection, "messages" in one ? one.messages : 0, highest);
    }
    await killed.clock.advance(one.do === "wait" ? 5000 : 1);
  }
  await killed.engine.spooled();

  const after = answering(new FakeTransport({ deduplication: true }));
  for (const [lane, sequence] of transport.highest) after.highest.set(lane, sequence);
  const next = program({ Engine, transport: after, disk: killed.disk.copy(), options, spool: { mode } });
  await next.engine.start();
  await next.clock.advance(10_000);
  const found = [...transport.stored, ...after.stored].flatMap((one) => numbersIn(one));
  must(found.length === accepted && new Set(found).size === accepted, "each event is stored once");
}

/** The numbers of the events in a message. */
function numbersIn(message: OutboundMessage): number[] {
  const events = JSON.parse(message.body().toString()) as { n: number } | { n: number }[];
  return [events].flat().map(({ n }) => n);
}
