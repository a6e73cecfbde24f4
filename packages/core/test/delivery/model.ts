import { silentLogger, TransportError, type TransportErrorKind } from "@streamll/core";
import { type DeliveryEngine, type DeliveryOptions, defaultDeliveryOptions } from "@streamll/core/internal";
import fc from "fast-check";
import { message } from "./bench.js";
import { FakeClock } from "./fake-clock.js";
import { type FakeConnection, FakeTransport, fakeEndpoint, nack } from "./fake-transport.js";

/** One step of a run; `connection` and `index` are taken modulo what is there. */
export type Step =
  | { readonly do: "offer"; readonly execution: number; readonly count: number; readonly bytes: number }
  | { readonly do: "pass"; readonly ms: number }
  | {
      readonly do: "decide";
      readonly connection: number;
      readonly count: number;
      readonly as: "store" | "nack" | "reject" | "unknown";
    }
  | { readonly do: "tell"; readonly connection: number; readonly index: number; readonly count: number }
  | { readonly do: "tell late"; readonly connection: number }
  | { readonly do: "shared refusal"; readonly connection: number }
  | { readonly do: "die"; readonly connection: number; readonly kind: TransportErrorKind }
  | { readonly do: "refuse connects"; readonly count: number; readonly as: "unreachable" | "throttled" }
  | { readonly do: "block"; readonly connection: number; readonly on: boolean }
  | { readonly do: "credit"; readonly connection: number; readonly credit: number }
  | { readonly do: "withdraw"; readonly index: number }
  | { readonly do: "flush" };

/** An event that ends the connections which carry it: so often, then no more. */
interface Killer {
  /** Which event of the first execution it is. */
  readonly nth: number;
  /** It does harm only at the head of a batch. */
  readonly atHead: boolean;
  readonly deaths: number;
  readonly kind: TransportErrorKind;
}

export interface Plan {
  readonly options: Pick<
    DeliveryOptions,
    "batchSize" | "maxInFlight" | "connectionPoolSize" | "maxRetries" | "overflow" | "maxBufferedEvents"
  >;
  readonly deduplication: boolean;
  readonly deliveryTimeoutMs: number | undefined;
  readonly seed: number;
  readonly killer: Killer | undefined;
  /** The broker answers each batch at once, and is not asked by the steps. */
  readonly prompt: boolean;
  readonly steps: readonly Step[];
  /** Whether the broker answers at the end, or `stop()` has to give up. */
  readonly happyEnd: boolean;
}

const nat = (max: number) => fc.integer({ min: 0, max });
const connection = nat(3);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("offer" as const),
      execution: nat(3),
      count: fc.integer({ min: 1, max: 6 }),
      bytes: nat(60),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(0, 1, 60, 100, 400, 1000, 5000, 30_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("decide" as const),
      connection,
      count: fc.integer({ min: 1, max: 8 }),
      as: fc.constantFrom("store", "store", "store", "nack", "reject", "unknown"),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("tell" as const),
      connection,
      index: nat(4),
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tell late" as const), connection }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("shared refusal" as const), connection }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("die" as const),
      connection,
      kind: fc.constantFrom("unreachable", "protocol", "not-found"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("refuse connects" as const),
      count: fc.integer({ min: 1, max: 4 }),
      as: fc.constantFrom("unreachable", "throttled"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("block" as const), connection, on: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("credit" as const),
      connection,
      credit: fc.constantFrom(0, 1, 3, Number.POSITIVE_INFINITY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("withdraw" as const), index: nat(10) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
) as fc.Arbitrary<Step>;

/** Options so small that a run of a few steps comes to all bounds. */
export const smallOptions = (mostConnections: number): fc.Arbitrary<Plan["options"]> =>
  fc.record({
    batchSize: fc.integer({ min: 1, max: 5 }),
    maxInFlight: fc.integer({ min: 2, max: 16 }),
    connectionPoolSize: fc.integer({ min: 1, max: mostConnections }),
    maxRetries: nat(3),
    overflow: fc.constantFrom("reject", "drop-oldest", "drop-newest"),
    maxBufferedEvents: fc.constantFrom(4, 12, 100),
  });

export const plan: fc.Arbitrary<Plan> = fc.record({
  options: smallOptions(3),
  deduplication: fc.boolean(),
  deliveryTimeoutMs: fc.constantFrom(undefined, undefined, 20_000),
  seed: nat(1_000_000),
  killer: fc.option(
    fc.record({
      nth: nat(2),
      atHead: fc.boolean(),
      deaths: fc.integer({ min: 4, max: 10 }),
      kind: fc.constantFrom("unreachable", "unreachable", "protocol"),
    }),
    { nil: undefined },
  ),
  prompt: fc.boolean(),
  steps: fc.array(step, { minLength: 5, maxLength: 60, size: "max" }),
  happyEnd: fc.boolean(),
});

type Fate = "sent" | "failed" | "dropped" | "withdrawn";

interface Tracked {
  readonly id: string;
  readonly execution: string;
  readonly bytes: number;
  readonly controller: AbortController;
  fate?: Fate;
  readonly codes: string[];
}

class BrokenPromise extends Error {
  override name = "BrokenPromise";
}

export function must(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new BrokenPromise(promise);
}

/** Runs a plan against an engine and checks the promises of the design after every step. */
export async function keepsItsPromises(
  Engine: typeof DeliveryEngine,
  { options, steps, seed, happyEnd, ...plan }: Plan,
): Promise<void> {
  const clock = new FakeClock();
  const transport = new FakeTransport({ deduplication: plan.deduplication });
  const limits = { maxBufferedBytes: 1000, maxEventBytes: 50, confirmTimeoutMs: 3000, batchBytes: 120 };
  const engine = new Engine({
    transport,
    clock,
    random: lcg(seed),
    logger: silentLogger,
    endpoints: [fakeEndpoint("a"), fakeEndpoint("b")],
    options: { ...defaultDeliveryOptions, ...options, ...limits, deliveryTimeoutMs: plan.deliveryTimeoutMs },
  });
  const tracked = new Map<string, Tracked>();
  const everRefused = new Set<string>();
  // The broker said of it that it will never take it, or ended a connection because of a message while it was alone.
  const everAccused = new Set<string>();
  const notices = new Map<string, string[]>();
  for (const name of ["failed", "dropped"] as const) {
    engine.on(name, ({ message, error }) => {
      const { messageId } = message;
      notices.set(messageId, [...(notices.get(messageId) ?? []), error.code]);
    });
  }
  const poolSize = Math.min(options.connectionPoolSize, options.maxInFlight);
  const share = Math.floor(options.maxInFlight / poolSize);

  // An event that stays unanswered while others are answered is tried again like a refused one.
  const writtenAt = new Map<FakeConnection["unanswered"][number], number>();
  const markOverdue = (on: FakeConnection) => {
    for (const one of on.unanswered) {
      const age = clock.time - (writtenAt.get(one) ?? clock.time);
      if (age >= limits.confirmTimeoutMs) everRefused.add(one.message.messageId);
    }
  };
  const owed = (one: FakeConnection["unanswered"][number]) => !everRefused.has(one.message.messageId);
  transport.onDeath = (dead) => {
    markOverdue(dead);
    if (dead.unanswered.length === 1 && dead.error?.kind === "protocol")
      everAccused.add(dead.unanswered[0]!.message.messageId);
  };
  const killer = plan.killer && { ...plan.killer, id: "" };
  // Noted, not thrown: the engine guards itself against a publish() that throws.
  let broken: string | undefined;
  const onPublish = (written: FakeConnection) => {
    for (const one of written.unanswered) if (!writtenAt.has(one)) writtenAt.set(one, clock.time);
    transport.live.forEach(markOverdue);
    if (written.unanswered.filter(owed).length > share)
      broken = "a lane has no more in flight than its share";
    const others = transport.live.filter((other) => other !== written);
    for (const { correlationId } of written.batches.at(-1) ?? []) {
      const elsewhere = others.some((other) =>
        other.unanswered.some((one) => one.message.correlationId === correlationId && owed(one)),
      );
      if (elsewhere) broken = "an execution keeps to one lane while any of its events is in flight";
    }
    const carried = written.batches.at(-1)?.findIndex(({ messageId }) => messageId === killer?.id) ?? -1;
    if (killer !== undefined && killer.deaths > 0 && (killer.atHead ? carried === 0 : carried >= 0)) {
      killer.deaths--;
      written.die(new TransportError(killer.kind, "gone over a message"));
    } else if (plan.prompt) {
      written.answer();
    }
  };
  transport.onPublish = onPublish;

  const offer = (execution: number, bytes: number) => {
    const prepared = message({ correlationId: `run-${execution}`, bytes });
    const one: Tracked = {
      id: prepared.messageId,
      execution: prepared.correlationId,
      bytes,
      controller: new AbortController(),
      codes: [],
    };
    const earlier = [...tracked.values()].filter(({ execution }) => execution === one.execution).length;
    if (execution === 0 && killer?.nth === earlier) killer.id = one.id;
    tracked.set(one.id, one);
    engine.publish(prepared, { signal: one.controller.signal }).then(
      () => end(one, "sent"),
      (error: unknown) => {
        if (!(error instanceof Error && "code" in error)) return end(one, "withdrawn");
        one.codes.push(String(error.code));
        end(one, error.code === "BUFFER_FULL" || error.code === "DROPPED" ? "dropped" : "failed");
      },
    );
  };
  const end = (one: Tracked, fate: Fate) => {
    one.fate ??= fate;
  };

  const at = (list: readonly FakeConnection[], index: number) => list[index % Math.max(1, list.length)];
  const run = async (next: Step) => {
    switch (next.do) {
      case "offer":
        for (let i = 0; i < next.count; i++) offer(next.execution, next.bytes);
        return;
      case "pass":
        return clock.advance(next.ms);
      case "decide": {
        const target = at(transport.live, next.connection);
        const before = new Set(target?.unanswered.filter((one) => one.decision === undefined));
        const outcome = {
          store: { kind: "confirmed" as const },
          nack: { kind: "refused" as const, error: nack() },
          reject: {
            kind: "refused" as const,
            error: new TransportError("protocol", "never", { permanent: true }),
          },
          unknown: { kind: "unknown" as const },
        }[next.as];
        target?.decide(outcome, next.count);
        if (next.as === "store") return;
        const refused =
          target?.unanswered.filter((one) => before.has(one) && one.decision !== undefined) ?? [];
        for (const one of refused) {
          everRefused.add(one.message.messageId);
          if (next.as === "reject") everAccused.add(one.message.messageId);
          // Where the broker deduplicates it takes nothing later before it has told of a refusal: no client could
          // tell, from the highest sequence that is stored, whether one below it was refused or stored.
          if (plan.deduplication) target?.tell(target.unanswered.indexOf(one));
        }
        return;
      }
      case "tell":
        for (let i = 0; i < next.count; i++) at(transport.live, next.connection)?.tell(next.index);
        return;
      case "tell late":
        at(
          transport.connections.filter((one) => !one.open),
          next.connection,
        )?.tell(0);
        return;
      case "shared refusal": {
        const target = at(transport.live, next.connection);
        const batch = target?.batches.at(-1) ?? [];
        const untouched = target?.unanswered
          .slice(-batch.length)
          .every((one, i) => one.message === batch[i] && !one.decision);
        if (
          target === undefined ||
          batch.length === 0 ||
          !untouched ||
          target.unanswered.length < batch.length
        )
          return;
        for (const one of batch) everRefused.add(one.messageId);
        return target.refuseShared(batch.length);
      }
      case "die":
        at(transport.live, next.connection)?.die(new TransportError(next.kind, "gone"));
        return;
      case "refuse connects":
        transport.refusals.push(
          ...Array.from({ length: next.count }, () => new TransportError(next.as, "refused")),
        );
        return;
      case "block":
        at(transport.live, next.connection)?.flow(
          next.on ? { credit: 0, blocked: "memory" } : { credit: Number.POSITIVE_INFINITY },
        );
        return;
      case "credit":
        at(transport.live, next.connection)?.flow({ credit: next.credit });
        return;
      case "withdraw":
        [...tracked.values()]
          .filter((one) => one.fate === undefined)
          .at(next.index)
          ?.controller.abort(new Error("withdrawn"));
        return;
      case "flush":
        void engine.flush();
    }
  };

  const check = () => {
    must(broken === undefined, broken ?? "");
    transport.live.forEach(markOverdue);
    const stats = engine.stats();
    const ended = stats.events_sent + stats.events_failed + stats.events_dropped;
    const open = stats.events_buffered + stats.events_in_flight;
    must(stats.events_received === ended + open, "received = sent + failed + dropped + buffered + in flight");
    must(
      stats.events_buffered >= 0 && stats.events_in_flight >= 0 && stats.bytes_buffered >= 0,
      "no gauge is negative",
    );
    must(open <= options.maxBufferedEvents, "no more events are held than maxBufferedEvents");
    must(stats.bytes_buffered <= limits.maxBufferedBytes, "no more bytes are held than maxBufferedBytes");
    checkSequences(transport, everRefused, plan.deduplication);
  };

  for (const next of steps) {
    await run(next);
    check();
  }
  if (happyEnd) {
    transport.refusals = [];
    if (killer !== undefined) killer.deaths = 0;
    transport.onPublish = (written) => {
      onPublish(written);
      written.answer();
    };
    for (const live of transport.live) {
      live.flow({ credit: Number.POSITIVE_INFINITY });
      live.answer();
    }
  }
  let hasStopped = false;
  void engine.stop().then(() => {
    hasStopped = true;
  });
  for (let passed = 0; passed < 20_000 && !hasStopped; passed += 200) await clock.advance(200);
  await clock.advance(0);
  must(hasStopped, "stop() ends within flushTimeout");
  check();
  await clock.advance(100);
  must(clock.pendingTimers === 0, "no timer is left after stop()");
  must(clock.held === 0, "nothing keeps the process alive after stop()");
  must(transport.live.length === 0, "no connection is left after stop()");

  const stats = engine.stats();
  must(
    stats.events_buffered + stats.events_in_flight + stats.bytes_buffered === 0,
    "nothing is held after stop()",
  );
  const storedIds = new Set(transport.stored.map((one) => one.messageId));
  const count = (fate: Fate) => [...tracked.values()].filter((one) => one.fate === fate).length;
  must(
    [...tracked.values()].every((one) => one.fate !== undefined),
    "publish() always settles",
  );
  must(
    [...notices.values()].every((codes) => codes.length === 1),
    "a failure is told once",
  );
  const withdrawn = count("withdrawn");
  must(
    stats.events_sent >= count("sent") && stats.events_sent <= count("sent") + withdrawn,
    "sent is counted once",
  );
  const told = [...notices.values()].flat();
  must(told.length === stats.events_failed + stats.events_dropped, "each failed or dropped event is told");
  for (const [id, codes] of notices) {
    must(!codes.includes("REJECTED") || everAccused.has(id), "only what the broker accuses is rejected");
  }
  for (const one of tracked.values()) {
    if (one.fate !== "sent") continue;
    must(storedIds.has(one.id), "an event counts as sent only when the broker has it");
    must(!notices.has(one.id), "an event that was sent has not failed");
  }
  if (happyEnd && !plan.deliveryTimeoutMs) {
    const atStop = told.filter((code) => code.endsWith("_AT_STOP"));
    must(atStop.length === 0, "nothing is left over when the broker answers");
  }
  checkOrder(transport, tracked, everRefused, plan.deduplication);
}

/**
 * Where the broker deduplicates: what a connection carries rises; what was never refused keeps its sequence and its
 * lane, a refused event gets a new one. Elsewhere a sequence says nothing: an event may leave its lane and come back.
 */
function checkSequences(
  transport: FakeTransport,
  everRefused: ReadonlySet<string>,
  deduplication: boolean,
): void {
  if (!deduplication) return;
  const last = new Map<FakeConnection, number>();
  const first = new Map<string, { readonly sequence: number; readonly lane: number }>();
  for (const { id, sequence, connection: on } of transport.written) {
    must(sequence > (last.get(on) ?? 0), "sequences rise on a connection");
    last.set(on, sequence);
    const before = first.get(id);
    must(
      before?.lane !== on.lane || before.sequence === sequence || everRefused.has(id),
      "an event sent again keeps its sequence",
    );
    must(
      before === undefined || before.lane === on.lane,
      "no event changes lanes where the broker deduplicates",
    );
    first.set(id, { sequence, lane: on.lane });
  }
}

function checkOrder(
  transport: FakeTransport,
  tracked: ReadonlyMap<string, Tracked>,
  everRefused: ReadonlySet<string>,
  deduplication: boolean,
): void {
  const place = new Map<string, number>();
  for (const [index, { messageId }] of transport.stored.entries()) {
    must(
      !deduplication || !place.has(messageId) || everRefused.has(messageId),
      "a broker that deduplicates has it once",
    );
    if (!place.has(messageId)) place.set(messageId, index);
  }
  const reached = new Map<string, number>();
  for (const one of tracked.values()) {
    const index = place.get(one.id);
    if (index === undefined || everRefused.has(one.id)) continue;
    must(index > (reached.get(one.execution) ?? -1), "the events of an execution are stored in their order");
    reached.set(one.execution, index);
  }
}

/** A small generator of the engine's randomness, so that a run is the same every time. */
function lcg(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
