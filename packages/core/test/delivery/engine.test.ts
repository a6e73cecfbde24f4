import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type PublishOutcome, TransportError, TransportNotInstalledError } from "@streamll/core";
import type { DeliveryEngine, PreparedMessage } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";
import { type BenchOptions, bench, message, messages } from "./bench.js";
import type { FakeClock } from "./fake-clock.js";
import { type FakeConnection, FakeTransport, nack, unreachable } from "./fake-transport.js";

const ids = (list: readonly { messageId: string }[]) => list.map((one) => one.messageId);

const unroutable = new TransportError("unroutable", "no queue");

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function arrayBuffers(): number {
  collectGarbage();
  // V8 frees them in another thread, for which the next collection waits.
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

describe("the ordinary way", () => {
  it("sends a full batch at once and settles each event when it is confirmed", async () => {
    const { engine, transport, clock } = bench({ batchSize: 3 });
    const sent = messages(3);
    for (const one of sent) expect(engine.offer(one)).toBe(true);
    await clock.advance(0);
    expect(transport.connection.batches).toHaveLength(1);
    expect(engine.stats()).toMatchObject({ events_received: 3, events_in_flight: 3, events_sent: 0 });
    transport.connection.answer();
    expect(engine.stats()).toMatchObject({ events_in_flight: 0, events_sent: 3, confirms: 3 });
    expect(ids(transport.stored)).toEqual(ids(sent));
  });

  it("sends what does not fill a batch after batchTimeout", async () => {
    const { engine, transport, clock } = bench({ batchTimeoutMs: 100 });
    await engine.start();
    engine.offer(message());
    await clock.advance(99);
    expect(transport.connection.batches).toHaveLength(0);
    await clock.advance(1);
    expect(transport.connection.batches).toHaveLength(1);
  });

  it("cuts batches by bytes", async () => {
    const { engine, transport, clock } = bench({ batchBytes: 100 });
    for (let i = 0; i < 6; i++) engine.offer(message({ bytes: 40 }));
    await clock.advance(0);
    expect(transport.connection.batches.map((batch) => batch.length)).toEqual([2, 2, 2]);
  });

  it("pipelines batches up to maxInFlight, and goes on when confirms make room for a whole one", async () => {
    const { engine, transport, clock } = bench({ batchSize: 10, maxInFlight: 20 });
    for (const one of messages(50)) engine.offer(one);
    await clock.advance(0);
    expect(transport.connection.unanswered).toHaveLength(20);
    transport.connection.answer({ kind: "confirmed" }, 9);
    await clock.advance(0);
    expect(transport.connection.unanswered).toHaveLength(11);
    transport.connection.answer({ kind: "confirmed" }, 1);
    await clock.advance(0);
    expect(transport.connection.unanswered).toHaveLength(20);
  });

  it("flush() resolves when all accepted before it are settled, and not before", async () => {
    const { engine, transport, clock } = bench();
    for (const one of messages(7)) engine.offer(one);
    const flushed = engine.flush();
    let done = false;
    void flushed.then(() => {
      done = true;
    });
    await clock.advance(0);
    expect(done).toBe(false);
    engine.offer(message());
    transport.connection.answer({ kind: "confirmed" }, 7);
    await expect(flushed).resolves.toMatchObject({ sent: 7, failed: 0, pending: 0 });
    expect(engine.pending).toBe(1);
  });

  it("publish() gives a receipt", async () => {
    const { engine, transport, clock } = bench({ batchSize: 1 });
    const receipt = engine.publish(message({ messageId: "a" }));
    await clock.advance(5);
    transport.connection.answer();
    await expect(receipt).resolves.toEqual({ eventId: "a", confirmed: true, attempts: 1, latencyMs: 5 });
  });

  it("withdraws a buffered event when its signal aborts, and only stops waiting for one in flight", async () => {
    const { engine, transport, clock } = bench({ batchSize: 2 });
    await engine.start();
    const controller = new AbortController();
    const waiting = engine.publish(message(), { signal: controller.signal });
    await clock.advance(0);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(engine.stats()).toMatchObject({ events_dropped: 1, events_buffered: 0 });
    const second = new AbortController();
    const flying = engine.publish(message(), { signal: second.signal });
    engine.offer(message());
    await clock.advance(0);
    second.abort(new Error("enough"));
    await expect(flying).rejects.toThrow("enough");
    transport.connection.answer();
    expect(engine.stats()).toMatchObject({ events_sent: 2, events_dropped: 1 });
  });
});

describe("room", () => {
  it("refuses what does not fit and says BUFFER_FULL to publish()", async () => {
    const { engine } = bench({ maxBufferedEvents: 2 });
    expect(messages(3).map((one) => engine.offer(one))).toEqual([true, true, false]);
    await expect(engine.publish(message())).rejects.toMatchObject({ code: "BUFFER_FULL" });
    expect(engine.stats()).toMatchObject({ events_received: 2, events_rejected: 2 });
  });

  it("drops the oldest, or the newest, and counts and reports it", async () => {
    for (const [overflow, survivor] of [
      ["drop-oldest", 1],
      ["drop-newest", 0],
    ] as const) {
      const { engine, transport, clock, failures } = bench({ maxBufferedEvents: 1, overflow });
      const both = messages(2);
      for (const one of both) engine.offer(one);
      await clock.advance(100);
      transport.connection.answer();
      expect(ids(transport.stored)).toEqual([both[survivor]!.messageId]);
      expect(engine.stats()).toMatchObject({ events_received: 2, events_sent: 1, events_dropped: 1 });
      await clock.advance(0);
      expect(failures.map((failure) => failure.message.messageId)).toEqual([both[1 - survivor]!.messageId]);
    }
  });

  it("counts bytes as well as events, in flight included", async () => {
    const { engine, clock, transport } = bench({ maxBufferedBytes: 100, batchSize: 1 });
    expect(engine.offer(message({ bytes: 60 }))).toBe(true);
    await clock.advance(0);
    expect(engine.offer(message({ bytes: 60 }))).toBe(false);
    transport.connection.answer();
    expect(engine.offer(message({ bytes: 60 }))).toBe(true);
  });

  it("ready() resolves when half the buffer is free", async () => {
    const { engine, clock, transport } = bench({
      maxBufferedEvents: 10,
      batchSize: 10,
      maxBufferedBytes: 1e6,
      maxEventBytes: 1000,
    });
    for (const one of messages(10)) engine.offer(one);
    let ready = false;
    void engine.ready().then(() => {
      ready = true;
    });
    await clock.advance(0);
    transport.connection.answer({ kind: "confirmed" }, 4);
    await clock.advance(0);
    expect(ready).toBe(false);
    transport.connection.answer({ kind: "confirmed" }, 1);
    await clock.advance(0);
    expect(ready).toBe(true);
  });

  it("fails an event over maxEventBytes alone", async () => {
    const { engine, transport, clock, failures } = bench({ maxEventBytes: 100 });
    expect(engine.offer(message({ bytes: 101 }))).toBe(true);
    engine.offer(message());
    await clock.advance(100);
    transport.connection.answer();
    expect(failures[0]?.error.code).toBe("EVENT_TOO_LARGE");
    expect(engine.stats()).toMatchObject({ events_sent: 1, events_failed: 1, bytes_buffered: 0 });
  });
});

describe("a lost connection", () => {
  it("sends everything without an outcome again, in order, with the same sequences, before anything new", async () => {
    const { engine, transport, clock } = bench({ batchSize: 2 });
    const first = messages(4);
    for (const one of first) engine.offer(one);
    await clock.advance(0);
    transport.connection.answer({ kind: "confirmed" }, 1);
    transport.connection.die(unreachable());
    await clock.advance(0);
    const later = messages(2);
    for (const one of later) engine.offer(one);
    await clock.advance(1000);
    const again = transport.written.filter((write) => write.connection === transport.connection);
    expect(again.map((write) => [write.id, write.sequence])).toEqual([
      ...first.slice(1).map((one, index) => [one.messageId, index + 2]),
      ...later.map((one, index) => [one.messageId, index + 5]),
    ]);
    transport.connection.answer();
    expect(engine.stats()).toMatchObject({ events_sent: 6, events_retried: 0, reconnects: 1 });
  });

  it("ignores a late answer of a connection that was given up", async () => {
    const { engine, transport, clock } = bench({ batchSize: 1, confirmTimeoutMs: 1000, retryBackoffMs: 10 });
    engine.offer(message());
    await clock.advance(0);
    const old = transport.connection;
    await clock.advance(1100);
    old.answer();
    expect(engine.stats().events_sent).toBe(0);
    transport.connection.answer();
    expect(engine.stats().events_sent).toBe(1);
  });

  it("does not give a connection up while bytes are drained, nor while the broker says it is blocked", async () => {
    const { engine, transport, clock } = bench({ batchSize: 1, confirmTimeoutMs: 1000 });
    engine.offer(message());
    await clock.advance(0);
    const { connection } = transport;
    for (let i = 0; i < 5; i++) {
      connection.drained++;
      await clock.advance(900);
    }
    connection.flow({ credit: 0, blocked: "memory" });
    await clock.advance(60_000);
    expect(engine.health()).toMatchObject({ status: "degraded", blocked: "memory" });
    expect(connection.open).toBe(true);
    connection.flow({ credit: 10 });
    await clock.advance(2100);
    expect(connection.open).toBe(false);
  });

  it("tries one event again when others written later are confirmed", async () => {
    const { engine, transport, clock } = bench({ batchSize: 1, confirmTimeoutMs: 1000 });
    engine.offer(message({ messageId: "overdue" }));
    await clock.advance(0);
    const { connection } = transport;
    for (let i = 0; i < 2; i++) {
      engine.offer(message());
      await clock.advance(400);
      connection.decide({ kind: "confirmed" });
      connection.tell(1);
    }
    await clock.advance(200);
    expect(connection.open).toBe(true);
    expect(engine.stats()).toMatchObject({ events_retried: 1, events_sent: 2 });
    await clock.advance(500);
    connection.answer();
    expect(engine.stats()).toMatchObject({ events_received: 3, events_sent: 3 });
  });

  it("tries one event of a batch again when others behind it are confirmed", async () => {
    const { engine, transport, clock } = bench({ batchSize: 3, confirmTimeoutMs: 1000 });
    for (const messageId of ["confirmed", "overdue", "confirmed too", "next in line"])
      engine.offer(message({ messageId }));
    await clock.advance(200);
    const { connection } = transport;
    connection.decide({ kind: "confirmed" });
    connection.tell(0);
    connection.tell(1);
    await clock.advance(850);
    expect(connection.open).toBe(true);
    expect(engine.stats()).toMatchObject({ events_retried: 1, events_sent: 2 });
  });

  it("a refused connection loses no event", async () => {
    const { engine, transport, clock } = bench({ batchSize: 10 });
    transport.refusals = Array.from({ length: 20 }, unreachable);
    for (const one of messages(100)) engine.offer(one);
    transport.onPublish = (connection) => connection.answer();
    await clock.advance(900_000);
    expect(engine.stats()).toMatchObject({ events_sent: 100, events_failed: 0 });
  });
});

describe("a refused event", () => {
  it("may have arrived where one of its tries went unanswered, and its error says so", async () => {
    const { engine, transport, clock, failures } = bench({ maxRetries: 0 });
    engine.offer(message());
    await clock.advance(0);
    transport.connection.die();
    transport.onPublish = (connection) => connection.answer({ kind: "refused", error: unroutable });
    engine.offer(message());
    await clock.advance(5000);
    const words = failures.map(({ error }) => error.message);
    expect(words).toEqual([expect.stringContaining("no queue. A try of it went unanswered"), "no queue"]);
  });

  it("goes again after its backoff with a new sequence, overtaken by others", async () => {
    const { engine, transport, clock } = bench({ batchSize: 1 });
    engine.offer(message({ messageId: "refused" }));
    await clock.advance(0);
    transport.connection.answer({ kind: "refused", error: nack() });
    engine.offer(message({ messageId: "later" }));
    await clock.advance(2000);
    transport.connection.answer();
    expect(transport.written.map((write) => [write.id, write.sequence])).toEqual([
      ["refused", 1],
      ["later", 2],
      ["refused", 3],
    ]);
    expect(engine.stats()).toMatchObject({ events_sent: 2, events_retried: 1, nacks: 1 });
  });

  it("fails after maxRetries with the last cause", async () => {
    const { engine, transport, clock, failures } = bench({ maxRetries: 2 });
    transport.onPublish = (connection) => connection.answer({ kind: "refused", error: nack() });
    engine.offer(message());
    await clock.advance(60_000);
    expect(transport.written).toHaveLength(3);
    expect(failures).toMatchObject([
      { attempts: 3, error: { code: "RETRIES_EXHAUSTED", cause: { kind: "nack" } } },
    ]);
  });

  it("is put to the dead-letter exchange, and counts as failed once it is there", async () => {
    const { engine, transport, clock, failures } = bench({ maxRetries: 0, deadLetter: "dlx" });
    transport.onPublish = (connection) => {
      const dead = connection.unanswered[0]?.message.exchange === "dlx";
      const error = new TransportError("unroutable", "no queue took it");
      connection.answer(dead ? { kind: "confirmed" } : { kind: "refused", error });
    };
    engine.offer(message());
    await clock.advance(60_000);
    expect(transport.stored).toMatchObject([
      {
        exchange: "dlx",
        routingKey: "failed.app.start",
        headers: {
          streamll_failure: "UNROUTABLE",
          streamll_failure_message: expect.stringContaining("no queue took it"),
          streamll_exchange: "events",
          streamll_routing_key: "app.start",
          streamll_attempts: 1,
          streamll_failed_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        },
      },
    ]);
    expect(failures[0]?.error.code).toBe("UNROUTABLE");
    expect(engine.stats()).toMatchObject({
      events_failed: 1,
      events_sent: 0,
      events_dead_lettered: 1,
      returns: 1,
    });
  });

  it("is found by halves where one refusal is shared, and the others use no try", async () => {
    const { engine, transport, clock, failures } = bench({ batchSize: 8, maxRetries: 0 });
    transport.onPublish = (connection) => {
      const batch = connection.batches.at(-1)!;
      if (!batch.some((one) => one.messageId === "guilty")) return connection.answer();
      connection.refuseShared(batch.length);
    };
    for (let i = 0; i < 8; i++) engine.offer(message({ messageId: i === 5 ? "guilty" : `innocent-${i}` }));
    await clock.advance(60_000);
    expect(failures.map((failure) => failure.message.messageId)).toEqual(["guilty"]);
    expect(engine.stats()).toMatchObject({ events_sent: 7, events_failed: 1 });
  });

  it("is found also where several refused ones are scattered over the batch", async () => {
    const { engine, transport, clock, failures } = bench({ batchSize: 8, maxRetries: 0 });
    const { connect } = transport;
    transport.connect = async (...place) => {
      const connection = await connect.apply(transport, place);
      connection.publish = (batch, settle) => {
        const error = new TransportError("protocol", "one of them is wrong", { permanent: true });
        const ids = batch.map(({ messageId }) => messageId);
        for (const half of [0, 1]) {
          const group = [...ids.keys()].filter((index) => index % 2 === half);
          const isGuilty = group.some((index) => ids[index] === "guilty");
          for (const index of group)
            settle(
              index,
              index + 1,
              isGuilty ? { kind: "refused", error, shared: group.length } : { kind: "confirmed" },
            );
        }
      };
      return connection;
    };
    for (let i = 0; i < 8; i++) engine.offer(message({ messageId: i === 5 ? "guilty" : `scattered-${i}` }));
    await clock.advance(60_000);
    expect(failures.map((failure) => failure.message.messageId)).toEqual(["guilty"]);
    expect(engine.stats()).toMatchObject({ events_sent: 7, events_failed: 1 });
  });
});

describe("a poison event", () => {
  const killer = (guilty: string, error = new TransportError("protocol", "PRECONDITION_FAILED")) => {
    const transport = new FakeTransport();
    transport.onPublish = (connection) => {
      if (connection.batches.at(-1)!.some((one) => one.messageId === guilty)) {
        connection.die(error);
      } else {
        connection.answer();
      }
    };
    return transport;
  };

  it.each([0, 3, 7])("at place %i fails alone", async (place) => {
    const { engine, clock, failures } = bench({ transport: killer("poison"), batchSize: 4 });
    for (let i = 0; i < 8; i++)
      engine.offer(message({ messageId: i === place ? "poison" : `good-${place}-${i}` }));
    await clock.advance(600_000);
    expect(failures).toMatchObject([{ message: { messageId: "poison" }, error: { code: "REJECTED" } }]);
    expect(engine.stats()).toMatchObject({ events_sent: 7, events_failed: 1, events_buffered: 0 });
  });

  it("that ends its connection for good does not keep stop() from delivering the others", async () => {
    const tooLarge = new TransportError("too-large", "PRECONDITION_FAILED", { permanent: true });
    const { engine, clock, failures } = bench({ transport: killer("poison", tooLarge), batchSize: 4 });
    for (let i = 0; i < 8; i++) engine.offer(message({ messageId: i === 3 ? "poison" : `good-${i}` }));
    const stopped = engine.stop();
    await clock.advance(15_000);
    expect(await stopped).toMatchObject({ sent: 7, failures: { EVENT_TOO_LARGE: 1 } });
    expect(failures).toMatchObject([
      { message: { messageId: "poison" }, error: { code: "EVENT_TOO_LARGE" } },
    ]);
  });

  it("with no neighbour has its tries, then fails", async () => {
    const { engine, clock, failures } = bench({ transport: killer("poison"), maxRetries: 2 });
    engine.offer(message({ messageId: "poison" }));
    await clock.advance(600_000);
    expect(failures).toMatchObject([{ error: { code: "REJECTED" } }]);
  });

  it("is not blamed for a lost connection alone, however often: it waits for a neighbour, and is delivered", async () => {
    const { engine, transport, clock, failures } = bench({ batchSize: 1 });
    const inFlight = () => transport.live[0]?.unanswered.map((one) => one.message.messageId) ?? [];
    const nextInFlight = async () => {
      while (inFlight().length === 0) await clock.advance(500);
      return inFlight();
    };
    engine.offer(message({ messageId: "lonely", correlationId: "one" }));
    for (let deaths = 0; deaths < 8; deaths++) {
      await nextInFlight();
      transport.connection.die(deaths % 2 === 0 ? unreachable() : new TransportError("timeout", "silence"));
    }
    engine.offer(message({ messageId: "after it", correlationId: "one" }));
    expect(await nextInFlight()).toEqual(["lonely"]);
    transport.connection.die(unreachable());
    engine.offer(message({ messageId: "neighbour", correlationId: "two" }));
    expect(await nextInFlight()).toEqual(["neighbour"]);
    transport.onPublish = (connection) => connection.answer();
    transport.connection.answer();
    await clock.advance(1000);
    expect(transport.stored.map(({ messageId }) => messageId)).toEqual(["neighbour", "lonely", "after it"]);
    expect(failures).toEqual([]);
  });

  it("is never found where the exchange is missing: that is the lane's state", async () => {
    const { engine, transport, clock } = bench();
    let missing = true;
    transport.onPublish = (connection) => {
      if (missing) connection.die(new TransportError("not-found", "no exchange"));
      else connection.answer();
    };
    for (const one of messages(3)) engine.offer(one);
    await clock.advance(300_000);
    expect(engine.stats().events_failed).toBe(0);
    missing = false;
    await clock.advance(60_000);
    expect(engine.stats()).toMatchObject({ events_sent: 3 });
  });
});

describe("lanes", () => {
  it("are counted as reconnected only when they were connected before", async () => {
    const { engine, transport, clock } = bench({ connectionPoolSize: 2, maxInFlight: 4, batchSize: 1 });
    await engine.start();
    transport.connection.die(unreachable());
    await clock.advance(1000);
    expect(engine.stats().reconnects).toBe(1);
    for (let i = 0; i < 6; i++) engine.offer(message({ correlationId: `run-${i}` }));
    await clock.advance(0);
    expect(engine.stats()).toMatchObject({ reconnects: 1, connections_open: 2 });
  });

  it("opens another only under load, and keeps an execution on its own", async () => {
    const { engine, transport, clock } = bench({ connectionPoolSize: 2, maxInFlight: 8, batchSize: 4 });
    await engine.start();
    for (let i = 0; i < 6; i++) engine.offer(message({ correlationId: "a" }));
    await clock.advance(0);
    expect(transport.live).toHaveLength(1);
    for (let i = 0; i < 4; i++) engine.offer(message({ correlationId: "b" }));
    for (let i = 0; i < 2; i++) engine.offer(message({ correlationId: "a" }));
    await clock.advance(200);
    expect(transport.live).toHaveLength(2);
    for (let i = 0; i < 5; i++) {
      for (const connection of transport.live) connection.answer();
      await clock.advance(200);
    }
    const [first, second] = transport.connections.map(
      (c) => new Set(c.batches.flat().map((m) => m.correlationId)),
    );
    expect([first, second]).toEqual([new Set(["a"]), new Set(["b"])]);
    expect(engine.stats().events_sent).toBe(12);
  });

  it("without confirms gives an execution always the same lane", async () => {
    const transport = new FakeTransport({ confirms: false });
    transport.onPublish = (connection) => connection.answer({ kind: "written" });
    const { engine, clock } = bench({ transport, connectionPoolSize: 4, batchSize: 1 });
    for (let round = 0; round < 5; round++) {
      for (let run = 0; run < 10; run++) engine.offer(message({ correlationId: `run-${run}` }));
      await clock.advance(100);
    }
    const lanes = new Map<string, Set<number>>();
    for (const { connection } of transport.written) {
      for (const one of connection.batches.flat()) {
        lanes.set(one.correlationId, (lanes.get(one.correlationId) ?? new Set()).add(connection.lane));
      }
    }
    expect([...lanes.values()].every((set) => set.size === 1)).toBe(true);
    expect(engine.stats()).toMatchObject({ events_sent: 50, confirms: 0 });
  });
});

describe("where the broker allows no more connections", () => {
  const full = () => new TransportError("throttled", "connection limit (1) is reached");
  const two = { connectionPoolSize: 2, maxInFlight: 4, batchSize: 1 };

  it("the engine goes on with those it has, reports the limit, and loses nothing", async () => {
    const { engine, transport, clock, lines } = bench(two);
    await engine.start();
    transport.refuseAll = full();
    const sent = messages(3, { correlationId: "a" }).concat(messages(3, { correlationId: "b" }));
    for (const one of sent) engine.offer(one);
    await clock.advance(10_000);
    expect(lines.filter((line) => line.includes("going on with 1 of connectionPoolSize 2"))).toHaveLength(1);
    expect(engine.health()).toMatchObject({
      status: "up",
      circuitState: "closed",
      problems: expect.arrayContaining([
        { code: "TRANSPORT_THROTTLED", message: expect.stringMatching(/^going on with 1 of 2/) },
      ]),
    });
    expect(engine.health()).not.toHaveProperty("lastError");
    transport.onPublish = (connection) => connection.answer();
    transport.connection.answer();
    await clock.advance(1000);
    expect(ids(transport.stored)).toEqual(ids(sent));
    expect(engine.stats()).toMatchObject({ events_sent: 6, connections_open: 1 });
  });

  it("the engine forgets the limit after a while, also where no load asks for more connections", async () => {
    const { engine, transport, clock } = bench(two);
    await engine.start();
    transport.refusals = [full()];
    for (const one of messages(3)) engine.offer(one);
    for (const one of messages(2, { correlationId: "b" })) engine.offer(one);
    transport.onPublish = (connection) => connection.answer();
    transport.connection.answer();
    await clock.advance(1000);
    expect(engine.health().problems).toHaveLength(1);
    await clock.advance(6 * 60_000);
    expect(engine.health().problems).toEqual([]);
  });

  it("asks for none of those that it might have opened too", async () => {
    const { engine, transport, clock } = bench({ connectionPoolSize: 4, maxInFlight: 8, batchSize: 1 });
    await engine.start();
    transport.onPublish = (connection) => connection.answer();
    const load = async (executions: number) => {
      for (let i = 0; i < executions; i++) engine.offer(message({ correlationId: `run-${i}` }));
      await clock.advance(5000);
    };
    transport.refuseAll = full();
    await load(3);
    transport.refuseAll = undefined;
    await load(20);
    expect(engine.stats()).toMatchObject({ events_sent: 23, connections_open: 1 });
    expect(transport.connections).toHaveLength(1);
  });

  it("gives what a lost connection had in flight to the others, in order", async () => {
    const { engine, transport, clock } = bench(two);
    await engine.start();
    const sent = [...messages(2, { correlationId: "a" }), ...messages(3, { correlationId: "b" })];
    for (const one of sent) engine.offer(one);
    await clock.advance(0);
    const [first, second] = transport.live as [FakeConnection, FakeConnection];
    expect(second.unanswered).toHaveLength(2);
    transport.refuseAll = full();
    second.die(unreachable());
    await clock.advance(5000);
    transport.onPublish = (connection) => connection.answer();
    first.answer();
    await clock.advance(1000);
    expect(ids(transport.stored)).toEqual(ids(sent));
    expect((await engine.stop()).sent).toBe(5);
    expect(clock.pendingTimers).toBe(0);
  });

  it("tries one more after a while, under load", async () => {
    const { engine, transport, clock } = bench(two);
    await engine.start();
    transport.onPublish = (connection) => connection.answer();
    const load = async () => {
      for (let i = 0; i < 4; i++) engine.offer(message({ correlationId: `run-${i}` }));
      await clock.advance(1000);
    };
    transport.refusals = [full()];
    await load();
    await clock.advance(4 * 60_000);
    await load();
    expect(transport.live).toHaveLength(1);
    await clock.advance(60_000);
    await load();
    expect(transport.live.map(({ lane }) => lane)).toEqual([0, 1]);
  });

  it("without confirms moves only the executions of the connection that is refused", async () => {
    const transport = new FakeTransport({ confirms: false });
    transport.onPublish = (connection) => connection.answer({ kind: "written" });
    const { engine, clock } = bench({ transport, connectionPoolSize: 4, batchSize: 1 });
    const round = async () => {
      const before = transport.written.length;
      for (let run = 0; run < 20; run++) engine.offer(message({ correlationId: `run-${run}` }));
      await clock.advance(5000);
      return new Map(
        transport.written.slice(before).map((one) => [one.message.correlationId, one.connection.lane]),
      );
    };
    const before = await round();
    transport.refusals = [full()];
    transport.live.find(({ lane }) => lane === 2)!.die(unreachable());
    await clock.advance(5000);
    const after = await round();
    expect(after.size).toBe(20);
    for (const [run, lane] of before) expect(after.get(run) === lane).toBe(lane !== 2);
  });

  it("moves nothing where the broker deduplicates, and keeps trying with a single connection", async () => {
    for (const bed of [
      bench({ ...two, transport: new FakeTransport({ deduplication: true }) }),
      bench({ connectionPoolSize: 1 }),
    ]) {
      const { engine, transport, clock } = bed;
      transport.onPublish = (connection) => connection.answer();
      await engine.start();
      for (const one of messages(3)) engine.offer(one);
      engine.offer(message({ correlationId: "b" }));
      await clock.advance(200);
      const lanes = transport.live.length;
      transport.refusals = [full(), full()];
      transport.live.at(-1)!.die(unreachable());
      await clock.advance(60_000);
      expect(transport.live).toHaveLength(lanes);
    }
  });
});

describe("start()", () => {
  it("rejects on a refusal for good, and the engine goes on trying", async () => {
    const { engine, transport, clock } = bench();
    transport.refuseAll = new TransportError("auth", "wrong password", { permanent: true });
    const started = engine.start();
    await expect(started).rejects.toMatchObject({ kind: "auth" });
    transport.refuseAll = undefined;
    await clock.advance(30_000);
    expect(engine.health().status).toBe("up");
  });

  it("rejects with the transport's own error, and with that of a missing package", async () => {
    const refusedWith = async (error: Error) => {
      const { engine, transport } = bench();
      transport.refuseAll = error;
      return engine.start().catch((reason: unknown) => reason);
    };
    const cause = new TransportError("tls", "not trusted");
    const wrapping = new TransportError("auth", "no login", { permanent: true, cause });
    expect(await refusedWith(wrapping)).toBe(wrapping);
    const missing = new TransportNotInstalledError("@streamll/transport-nowhere", "nowhere:");
    expect(await refusedWith(missing)).toBe(missing);
  });

  it("resolves at once for an unreachable broker, or waits for it", async () => {
    const quick = bench();
    quick.transport.refuseAll = unreachable();
    await quick.engine.start();
    expect(quick.engine.health()).toMatchObject({
      status: "degraded",
      lastError: { code: "TRANSPORT_UNREACHABLE" },
    });

    const patient = bench({ waitForBroker: true });
    patient.transport.refusals = [unreachable(), unreachable()];
    const started = patient.engine.start();
    await patient.clock.advance(10_000);
    await started;
    expect(patient.engine.health().status).toBe("up");
  });

  it("goes on to the next address without waiting", async () => {
    const { engine, transport, clock } = bench({ endpoints: ["a", "b", "c"] });
    transport.refusals = [unreachable(), unreachable()];
    await engine.start();
    expect(clock.time).toBe(1000);
    expect(transport.live).toHaveLength(1);
  });
});

describe("the circuit breaker", () => {
  it("opens after failureThreshold connections, probes after the cooldown, and at once for flush()", async () => {
    const { engine, transport, clock } = bench({
      retryBackoffMs: 10,
      circuitBreaker: { failureThreshold: 3, cooldownMs: 30_000 },
      flushTimeoutMs: 100,
    });
    transport.refuseAll = unreachable();
    let attempts = 0;
    const connect = transport.connect.bind(transport);
    transport.connect = (...args) => {
      attempts++;
      return connect(...args);
    };
    engine.offer(message());
    await clock.advance(20_000);
    expect(engine.stats().circuit_state).toBe("open");
    expect(attempts).toBe(3);
    await clock.advance(9000);
    expect(attempts).toBe(3);
    // The cooldown, and a quarter of it by chance (`random` is 0.5).
    await clock.advance(9000);
    expect(attempts).toBe(4);
    const flushed = engine.flush();
    await clock.advance(0);
    expect(attempts).toBe(5);
    await clock.advance(100);
    expect(await flushed).toMatchObject({ pending: 1 });
    transport.refuseAll = undefined;
    await clock.advance(38_000);
    expect(engine.stats()).toMatchObject({ circuit_state: "closed", connections_open: 1 });
  });

  it("lets sinks whose circuits opened together come back at different times", async () => {
    const pauses = await Promise.all(
      [0, 0.25, 0.5, 0.75, 0.999].map(async (chance) => {
        const circuitBreaker = { failureThreshold: 1, cooldownMs: 30_000 };
        const { engine, transport, clock } = bench({ circuitBreaker, random: () => chance });
        transport.refuseAll = unreachable();
        const attempts: number[] = [];
        const connect = transport.connect.bind(transport);
        transport.connect = (...args) => {
          attempts.push(clock.time);
          return connect(...args);
        };
        engine.offer(message());
        while (attempts.length < 2) await clock.advance(100);
        return attempts[1]! - attempts[0]!;
      }),
    );
    expect(pauses.every((pause) => pause >= 30_000 && pause <= 45_000)).toBe(true);
    expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThan(14_000);
    expect(new Set(pauses.map((pause) => Math.round(pause / 1000))).size).toBe(5);
  });
});

describe("while the broker refuses for good", () => {
  /** Every try takes 100 ms. */
  function refusing(options: BenchOptions = {}) {
    const parts = bench({ retryBackoffMs: 10, maxRetryBackoffMs: 10, ...options });
    const { transport, clock } = parts;
    transport.onPublish = (connection) => connection.answer();
    transport.refuseAll = new TransportError("auth", "wrong password", { permanent: true });
    transport.delay = () => new Promise((resolve) => clock.after(100, () => resolve(undefined)));
    return parts;
  }

  it.each(["flush", "start"] as const)(
    "%s() is not answered by an attempt from before the cause was removed",
    async (method) => {
      const { engine, transport, clock } = refusing();
      engine.offer(message());
      // The first try is all that the first flush waits for. The second began at once.
      const first = engine.flush();
      await clock.advance(101);
      expect(await first).toMatchObject({ pending: 1 });
      transport.refuseAll = undefined;
      const answer = engine[method]();
      await clock.advance(500);
      await expect(answer).resolves.not.toMatchObject({ pending: 1 });
      expect(engine.pending).toBe(0);
    },
  );

  it("start() is not answered by another lane's attempt from before the cause was removed", async () => {
    const { engine, transport, clock } = refusing({ transport: new FakeTransport({}, 2) });
    for (const one of ["a", "b", "c", "d"]) engine.offer(message({ correlationId: one }));
    await clock.advance(450);
    transport.refuseAll = undefined;
    const started = engine.start();
    await clock.advance(500);
    await expect(started).resolves.toBeUndefined();
  });

  it("flush() and start() are answered however often others ask", async () => {
    const { engine, clock } = refusing();
    engine.offer(message());
    await clock.advance(250);
    const started = engine.start().catch((error: unknown) => error);
    const reports: unknown[] = [];
    for (let i = 0; i < 10; i++) {
      void engine.flush().then((report) => reports.push(report));
      await clock.advance(50);
    }
    expect(await started).toMatchObject({ kind: "auth" });
    expect(reports.length).toBeGreaterThanOrEqual(6);
  });
});

describe("stop()", () => {
  it("straight after 1,000 events delivers 1,000", async () => {
    const { engine, transport, clock } = bench();
    transport.onPublish = (connection) => connection.answer();
    for (const one of messages(1000)) engine.offer(one);
    const stopped = engine.stop();
    await clock.advance(0);
    await expect(stopped).resolves.toMatchObject({ sent: 1000, pending: 0 });
    expect(transport.live).toHaveLength(0);
    expect([clock.pendingTimers, clock.held]).toEqual([0, 0]);
  });

  it("ends in time, and says of each event whether it may have arrived", async () => {
    const { engine, transport, clock, failures } = bench({
      batchSize: 2,
      maxInFlight: 2,
      flushTimeoutMs: 5000,
    });
    for (const one of messages(5)) engine.offer(one);
    await clock.advance(0);
    transport.connection.close = () => new Promise(() => {});
    const stopped = engine.stop();
    await clock.advance(5000);
    await expect(stopped).resolves.toMatchObject({
      failed: 5,
      failures: { UNCONFIRMED_AT_STOP: 2, UNSENT_AT_STOP: 3 },
    });
    expect(failures).toHaveLength(5);
    expect([clock.pendingTimers, clock.held]).toEqual([0, 0]);
    expect(engine.offer(message())).toBe(false);
  });

  it("called twice, and from a failure's callback, gives the same report", async () => {
    const { engine, transport, clock } = bench({ maxRetries: 0 });
    transport.onPublish = (connection) => connection.answer({ kind: "refused", error: nack() });
    const reports: unknown[] = [];
    engine.on("failed", () => void engine.stop().then((report) => reports.push(report)));
    engine.offer(message());
    await clock.advance(200);
    reports.push(await engine.stop());
    expect(reports[0]).toBe(reports[1]);
    expect(reports[0]).toMatchObject({ failed: 1 });
  });

  it("reports all that was ever accepted, where flush() reports what was unsettled when it was called", async () => {
    const { engine, transport, clock } = bench({ maxRetries: 0 });
    transport.onPublish = (connection) => connection.answer();
    engine.offer(message());
    await clock.advance(200);
    for (const one of messages(2)) engine.offer(one);
    const first = engine.flush();
    engine.offer(message());
    const second = engine.flush();
    await clock.advance(200);
    expect(await first).toMatchObject({ sent: 2, pending: 0 });
    expect(await second).toMatchObject({ sent: 3, pending: 0 });
    expect(await engine.flush()).toMatchObject({ sent: 0, pending: 0 });
    const stopped = engine.stop();
    await clock.advance(200);
    expect(await stopped).toMatchObject({ sent: 4, pending: 0 });
  });

  it("does not wait for addresses that refuse for good, and gives their reason as the cause", async () => {
    const { engine, transport, clock, failures } = bench({ endpoints: ["one", "two"] });
    transport.refuseAll = new TransportError("auth", "wrong password", { permanent: true });
    engine.offer(message());
    const stopped = engine.stop();
    await clock.advance(100);
    await expect(stopped).resolves.toMatchObject({ failed: 1 });
    expect(failures).toMatchObject([{ error: { code: "UNSENT_AT_STOP", cause: { kind: "auth" } } }]);
  });

  it("says that an event may have arrived whose answer never came, also while it waits to go again", async () => {
    const { engine, transport, clock, failures } = bench({
      retryBackoffMs: 60_000,
      maxRetryBackoffMs: 60_000,
    });
    transport.onPublish = (connection) => connection.answer({ kind: "unknown" });
    engine.offer(message());
    await clock.advance(200);
    const stopped = engine.stop();
    await clock.advance(20_000);
    await stopped;
    expect(failures).toMatchObject([{ error: { code: "UNCONFIRMED_AT_STOP" } }]);
  });

  it("says of a dead letter under way what it failed of, and after how many tries", async () => {
    const { engine, transport, clock, failures } = bench({ deadLetter: "dlx", maxRetries: 1 });
    transport.onPublish = (connection) => {
      if (connection.unanswered[0]?.message.exchange === undefined)
        connection.answer({ kind: "refused", error: unroutable });
    };
    engine.offer(message());
    await clock.advance(5000);
    const stopped = engine.stop();
    await clock.advance(20_000);
    await stopped;
    expect(failures).toMatchObject([{ error: { code: "UNROUTABLE" }, attempts: 2 }]);
  });

  it("of a sink that was never used opens nothing", async () => {
    const { engine, transport } = bench();
    await expect(engine.stop()).resolves.toMatchObject({ sent: 0 });
    expect(transport.connections).toHaveLength(0);
  });
});

describe("what is given up", () => {
  it("by its signal leaves the memory, also from the middle of the buffer", async () => {
    const { engine, transport, clock, failures } = bench({ maxBufferedBytes: 4 * 1024 * 1024 });
    transport.refuseAll = unreachable();
    engine.offer(message());
    const messages: WeakRef<PreparedMessage>[] = [];
    for (let i = 0; i < 50; i++) {
      const controller = new AbortController();
      const one = message({ bytes: 900_000 });
      messages.push(new WeakRef(one));
      const published = engine.publish(one, { signal: controller.signal }).catch(() => "withdrawn");
      controller.abort();
      expect(await published).toBe("withdrawn");
    }
    await clock.advance(0);
    failures.length = 0;
    collectGarbage();
    expect(messages.filter((one) => one.deref() !== undefined).length).toBeLessThan(3);
  });

  it("leaves the memory once it is confirmed, though one before it is unanswered", async () => {
    const { engine, transport, clock } = bench({ batchSize: 1 });
    engine.offer(message());
    const messages: WeakRef<PreparedMessage>[] = [];
    for (let i = 0; i < 50; i++) {
      const one = message();
      messages.push(new WeakRef(one));
      engine.offer(one);
    }
    await clock.advance(0);
    transport.connection.decide({ kind: "confirmed" }, 51);
    for (let i = 0; i < 50; i++) transport.connection.tell(1);
    expect(engine.stats()).toMatchObject({ events_sent: 50, events_in_flight: 1 });
    await clock.advance(0);
    transport.forget();
    collectGarbage();
    expect(messages.filter((one) => one.deref() !== undefined).length).toBeLessThan(3);
  });

  it.each([
    ["a minute after a burst was sent", (_engine: unknown, clock: FakeClock) => clock.advance(60_000)],
    ["after stop()", (engine: DeliveryEngine) => engine.stop()],
  ])("leaves no buffer behind %s", async (_, end) => {
    const { engine, transport, clock } = bench({ maxBufferedBytes: 32 * 1024 * 1024 });
    transport.onPublish = (connection) => connection.answer();
    const before = arrayBuffers();
    for (let i = 0; i < 20_000; i++) engine.offer(message({ bytes: 1000 }));
    await clock.advance(1000);
    expect(engine.stats()).toMatchObject({ events_sent: 20_000 });
    transport.forget();
    expect(arrayBuffers() - before).toBeGreaterThan(15 * 1024 * 1024);
    await end(engine, clock);
    expect(arrayBuffers() - before).toBeLessThan(5 * 1024 * 1024);
  });

  it("is told before much of it piles up", () => {
    const { engine, transport, failures } = bench({ overflow: "drop-oldest", maxBufferedBytes: 4_000_000 });
    transport.refuseAll = unreachable();
    for (const _ of Array(20)) engine.offer(message({ bytes: 900_000 }));
    expect(failures.length).toBeGreaterThan(10);
  });

  it.each(["drop-oldest", "drop-newest"] as const)(
    "may have its listener hand over another, which pushes nothing out (%s)",
    async (overflow) => {
      const { engine, transport, clock, failures } = bench({ overflow, maxBufferedBytes: 22_000 });
      transport.refuseAll = unreachable();
      const taken: boolean[] = [];
      engine.on("dropped", () => taken.push(engine.offer(message({ bytes: 1000 }))));
      for (const _ of Array(100)) engine.offer(message({ bytes: 1000 }));
      await clock.advance(0);
      expect(failures).toHaveLength(80);
      expect(taken).toEqual(Array(80).fill(false));
      expect(engine.stats()).toMatchObject({ events_received: 100, events_dropped: 80, events_rejected: 80 });
    },
  );

  it("by drop-oldest may be one that waits for its next try", async () => {
    const { engine, transport, clock, failures } = bench({ overflow: "drop-oldest", maxBufferedEvents: 2 });
    transport.onPublish = (connection) => connection.answer({ kind: "refused", error: nack() });
    for (const messageId of ["first", "second"]) engine.offer(message({ messageId }));
    await clock.advance(150);
    expect(engine.stats().events_retried).toBe(2);
    expect(engine.offer(message())).toBe(true);
    await clock.advance(0);
    expect(failures).toMatchObject([{ message: { messageId: "first" }, error: { code: "DROPPED" } }]);
  });
});

describe("a transport that breaks its contract", () => {
  type Fault = (connection: FakeConnection) => void;
  const set =
    (fields: object): Fault =>
    (connection) =>
      void Object.assign(connection, fields);
  const throwing = () => {
    throw new Error("of the transport");
  };

  it.each<[string, Fault]>([
    ["throws from onFlow", set({ onFlow: throwing })],
    ["throws from publish", set({ publish: throwing })],
    ["throws from close", set({ close: throwing })],
    ["throws from drainedBytes", set({ drainedBytes: throwing })],
    ["has no closed", set({ closed: undefined })],
    ["gives no connection", set({ publish: undefined })],
  ])("%s harms nobody, and stop() ends", async (_, fault) => {
    const { engine, transport, clock } = bench({ confirmTimeoutMs: 1000 });
    const connect = transport.connect.bind(transport);
    transport.connect = async (...args) => {
      const connection = await connect(...args);
      fault(connection as FakeConnection);
      return connection;
    };
    engine.offer(message());
    await clock.advance(5000);
    const stopped = engine.stop();
    await clock.advance(20_000);
    expect(await stopped).toMatchObject({ pending: 0 });
    expect([clock.pendingTimers, clock.held]).toEqual([0, 0]);
  });

  it.each([{ kind: "refused" }, { kind: "done" }, undefined])(
    "gives the outcome %j: the event goes again",
    async (outcome) => {
      const { engine, transport, clock } = bench();
      let first = true;
      transport.onPublish = (connection) => {
        if (first) connection.unanswered.shift()?.tell(outcome as PublishOutcome);
        else connection.answer();
        first = false;
      };
      engine.offer(message());
      await clock.advance(5000);
      expect(engine.stats()).toMatchObject({ events_sent: 1, events_retried: 1 });
    },
  );
});

describe("a program that just ends", () => {
  it("delivers what it handed over, as often as it goes on", async () => {
    const { engine, transport, clock } = bench();
    transport.onPublish = (connection) => connection.answer();
    for (const sent of [1, 2]) {
      engine.offer(message());
      clock.exit();
      expect(clock.held).toBe(1);
      await clock.advance(0);
      expect(engine.stats().events_sent).toBe(sent);
      expect(clock.held).toBe(0);
    }
  });

  it("may end after flushTimeout, and each event is reported", async () => {
    const { engine, transport, clock, failures } = bench({ flushTimeoutMs: 5000 });
    transport.refuseAll = unreachable();
    for (const one of messages(3)) engine.offer(one);
    clock.exit();
    await clock.advance(5000);
    expect(failures.map(({ error }) => error.code)).toEqual(Array(3).fill("UNSENT_AT_STOP"));
    expect([clock.pendingTimers, clock.held]).toEqual([0, 0]);
  });

  it("is not held by an idle sink", async () => {
    const { engine, transport, clock } = bench();
    transport.onPublish = (connection) => connection.answer();
    await Promise.all([engine.publish(message()), clock.advance(200)]);
    clock.exit();
    expect(clock.held).toBe(0);
  });
});

describe("callbacks", () => {
  it("may offer events, flush and throw without harm", async () => {
    const { engine, transport, clock } = bench({ maxRetries: 0 });
    let first = true;
    transport.onPublish = (connection) => {
      connection.answer(first ? { kind: "refused", error: nack() } : { kind: "confirmed" });
      first = false;
    };
    engine.on("failed", () => {
      engine.offer(message());
      void engine.flush();
      throw new Error("of the user's");
    });
    engine.offer(message());
    await clock.advance(1000);
    expect(engine.stats()).toMatchObject({ events_failed: 1, events_sent: 1 });
  });

  it("a deliveryTimeout fails what waits too long", async () => {
    const { engine, transport, clock, failures } = bench({ deliveryTimeoutMs: 5000 });
    transport.refuseAll = unreachable();
    engine.offer(message());
    await clock.advance(6000);
    expect(failures).toMatchObject([{ error: { code: "DELIVERY_TIMEOUT" } }]);
  });
});

describe("a connection that is down while another is there", () => {
  const two = { connectionPoolSize: 2, maxInFlight: 4, batchSize: 1 };
  const runs = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => message({ correlationId: `run-${from + index}` }));

  it("gives what it holds to the others, and gets nothing new", async () => {
    const { engine, transport, clock } = bench({ ...two, deliveryTimeoutMs: 10_000 });
    await engine.start();
    transport.refuseAll = unreachable();
    const sent = [...runs(0, 2), ...runs(0, 2)];
    for (const one of sent) engine.offer(one);
    transport.onPublish = (connection) => connection.answer();
    for (const one of runs(2, 6)) engine.offer(one);
    await clock.advance(0);
    transport.connection.answer();
    await clock.advance(20_000);
    expect(engine.stats()).toMatchObject({ events_sent: 10, events_failed: 0, connections_open: 1 });
    for (const one of runs(8, 20)) engine.offer(one);
    await clock.advance(1000);
    expect(engine.stats()).toMatchObject({ events_sent: 30, events_buffered: 0 });
  });

  it("is used again once it is back", async () => {
    const { engine, transport, clock } = bench(two);
    await engine.start();
    for (const one of runs(0, 4)) engine.offer(one);
    await clock.advance(100);
    expect(transport.live).toHaveLength(2);
    transport.refusals = [unreachable(), unreachable()];
    transport.live[0]!.die(unreachable());
    await clock.advance(5000);
    expect(transport.live).toHaveLength(2);
    transport.onPublish = (connection) => connection.answer();
    for (const connection of transport.live) connection.answer();
    await clock.advance(1000);
    for (const one of runs(4, 40)) engine.offer(one);
    await clock.advance(1000);
    expect(engine.stats()).toMatchObject({ events_sent: 44 });
    const lanes = new Set(transport.written.slice(-40).map(({ connection }) => connection.lane));
    expect([...lanes].sort()).toEqual([0, 1]);
  });
});

it("an event keeps its body in UTF-8 from acceptance to failure, and the stats count the bytes of its record", async () => {
  const { engine, transport, clock } = bench({ batchSize: 1 });
  await engine.start();
  const one = message({ body: "naïve 😀" });
  engine.offer(one);
  expect(engine.stats()).toMatchObject({ bytes_buffered: expect.toSatisfy((bytes) => bytes > 11) });
  await clock.advance(0);
  expect(transport.written[0]!.message.body()).toEqual(Buffer.from("naïve 😀"));
  const failed = new Promise<unknown>((resolve) =>
    engine.on("failed", (failure) => resolve(String(failure.message.body()))),
  );
  transport.refuseAll = unreachable();
  transport.connection.die(unreachable());
  await Promise.all([engine.stop(), clock.advance(60_000)]);
  expect(await failed).toBe("naïve 😀");
});

it("tells no problem, and writes no line, where a caller takes its event back", async () => {
  const { engine, clock, lines } = bench();
  const abort = new AbortController();
  const published = engine.publish(message(), { signal: abort.signal });
  abort.abort(new Error("changed my mind"));
  await expect(published).rejects.toThrow("changed my mind");
  await clock.advance(2000);
  expect(engine.stats().events_dropped).toBe(1);
  expect(engine.health().problems).toEqual([]);
  expect(lines.filter((line) => line.includes("withdrawn"))).toEqual([]);
});
