import { type Problem, TransportError } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { bench, message, messages } from "./bench.js";
import { FakeTransport, nack, unreachable } from "./fake-transport.js";
import { keepLines } from "./lines.js";

/** An engine, what its listeners were emitted, and what health says. */
function watched(options: Parameters<typeof bench>[0] = {}) {
  const all = bench(options);
  const emitted: string[] = [];
  all.engine.on("problem", ({ code }) => emitted.push(`problem ${code}`));
  all.engine.on("solved", ({ code }) => emitted.push(`solved ${code}`));
  const problems = () => all.engine.health().problems;
  return { ...all, emitted, problems, only: (): Problem | undefined => problems()[0] };
}

const never = () => new Promise<never>(() => {});

describe("health", () => {
  it("lists no problem of a sink that is idle, well or stopped", async () => {
    const { engine, clock, transport, problems, emitted } = watched();
    expect(problems()).toEqual([]);
    void engine.start();
    await clock.advance(5000);
    engine.offer(message());
    await clock.advance(200);
    transport.connection.answer();
    await clock.advance(60_000);
    expect(problems()).toEqual([]);
    await engine.stop();
    expect(problems()).toEqual([]);
    expect(emitted).toEqual([]);
  });

  it("says where it cannot get an answer, before any time limit", async () => {
    const transport = new FakeTransport();
    transport.connect = never;
    const { engine, clock, only, emitted } = watched({ transport, flushTimeoutMs: 100 });
    engine.offer(message());
    await clock.advance(2000);
    expect(only()).toEqual({
      code: "TRANSPORT_UNREACHABLE",
      message: "not connected yet, for 2 s: fake://one",
    });
    expect(emitted).toEqual(["problem TRANSPORT_UNREACHABLE"]);
    const stopping = engine.stop();
    await clock.advance(1000);
    await stopping;
  });

  it("lists what is wrong with a connection that goes on", async () => {
    const { engine, clock, transport, problems, emitted } = watched();
    await engine.start();
    const problem = new TransportError("second-writer", "another program writes under the same name");
    transport.connection.problem = problem;
    await clock.advance(1000);
    expect(problems()).toEqual([{ code: problem.code, message: problem.message }]);
    transport.connection.die();
    await clock.advance(3000);
    expect(problems()).toEqual([]);
    expect(emitted).toEqual(["problem TRANSPORT_SECOND_WRITER", "solved TRANSPORT_SECOND_WRITER"]);
    await engine.stop();
  });

  it("tolerates a connection whose problem is not an error, or throws", async () => {
    const { engine, clock, transport, problems } = watched();
    await engine.start();
    for (const problem of [null, "wrong", { code: 1 }]) {
      transport.connection.problem = problem as never;
      await clock.advance(1000);
      expect(problems()).toEqual([]);
    }
    Object.defineProperty(transport.connection, "problem", {
      get() {
        throw new Error("no");
      },
    });
    await clock.advance(1000);
    expect(problems()).toEqual([]);
    await engine.stop();
  });

  it("says when the open circuit tries again", async () => {
    const transport = new FakeTransport();
    transport.refuseAll = unreachable();
    const circuitBreaker = { failureThreshold: 2, cooldownMs: 30_000 };
    const { engine, clock, only, emitted } = watched({ transport, circuitBreaker, flushTimeoutMs: 100 });
    engine.offer(message());
    await clock.advance(5000);
    expect(only()?.message).toMatch(
      /^connection refused\. The circuit is open after several failures: the next try is in 3\d(\.\d)? s$/,
    );
    transport.refuseAll = undefined;
    transport.onPublish = (connection) => connection.answer();
    await clock.advance(40_000);
    expect(emitted).toEqual(["problem TRANSPORT_UNREACHABLE", "solved TRANSPORT_UNREACHABLE"]);
    const stopping = engine.stop();
    await clock.advance(1000);
    await stopping;
  });

  it("says how many of the connections are down", async () => {
    const { engine, clock, transport, problems } = watched({ connectionPoolSize: 2, maxInFlight: 2 });
    void engine.start();
    await clock.advance(0);
    for (const run of ["a", "b", "c"]) engine.offer(message({ correlationId: run }));
    await clock.advance(200);
    expect(transport.live).toHaveLength(2);
    transport.refuseAll = unreachable();
    transport.live[1]!.die(unreachable());
    await clock.advance(1000);
    expect(engine.health().status).toBe("up");
    expect(problems()).toEqual([
      { code: "TRANSPORT_UNREACHABLE", message: "1 of 2 connections are down: connection refused" },
    ]);
    transport.refuseAll = undefined;
    for (const connection of transport.live) connection.answer();
    transport.onPublish = (connection) => connection.answer();
    const stopping = engine.stop();
    await clock.advance(30_000);
    await stopping;
  });

  it("says why a broker blocks, and what to do", async () => {
    const { engine, clock, transport, problems, emitted } = watched();
    void engine.start();
    await clock.advance(0);
    transport.connection.flow({ credit: 0, blocked: "low on memory" });
    expect(problems()).toEqual([
      {
        code: "TRANSPORT_BLOCKED",
        message:
          "fake://one: the broker blocks publishing: low on memory. Events wait in the buffer: free the broker's memory or disk, or consume its queues",
      },
    ]);
    await clock.advance(1000);
    transport.connection.flow({ credit: 10 });
    await clock.advance(1000);
    expect(emitted).toEqual(["problem TRANSPORT_BLOCKED", "solved TRANSPORT_BLOCKED"]);
    await engine.stop();
  });

  it("says that answers are late long before the connection is given up", async () => {
    const { logger, of } = keepLines();
    const { engine, clock, transport, only, emitted } = watched({ logger });
    void engine.start();
    await clock.advance(0);
    engine.offer(message());
    await clock.advance(4000);
    expect(only()).toBeUndefined();
    await clock.advance(2000);
    expect(only()?.code).toBe("TRANSPORT_TIMEOUT");
    expect(only()?.message).toMatch(
      /^fake:\/\/one: no answer for 5\.9 s; given up after 30 s \(confirmTimeout\)\. Check whether the broker is hung/,
    );
    await clock.advance(1000);
    expect(of("unanswered").map(({ fields }) => fields)).toEqual([
      { line: "unanswered", code: "TRANSPORT_TIMEOUT", count: 1 },
    ]);
    transport.connection.answer();
    await clock.advance(2000);
    expect(only()).toBeUndefined();
    expect(emitted).toEqual(["problem TRANSPORT_TIMEOUT", "solved TRANSPORT_TIMEOUT"]);
    expect(of("recovered")).toHaveLength(1);
    await engine.stop();
  });

  it("calls a connection that was given up for its silence recovered once there is another", async () => {
    const { logger, of } = keepLines();
    const { engine, clock, transport, emitted } = watched({ logger, confirmTimeoutMs: 20_000 });
    void engine.start();
    await clock.advance(0);
    engine.offer(message());
    await clock.advance(19_000);
    transport.refuseAll = unreachable();
    await clock.advance(20_000);
    expect(of("unanswered")).toHaveLength(1);
    expect(of("recovered")).toEqual([]);
    transport.refuseAll = undefined;
    transport.onPublish = (connection) => connection.answer();
    await clock.advance(60_000);
    expect(of("recovered")).toHaveLength(1);
    expect(emitted.filter((line) => line.startsWith("problem")).length).toBe(
      emitted.filter((line) => line.startsWith("solved")).length,
    );
    await engine.stop();
  });

  it("is not told as solved while it goes on under another description", async () => {
    const { engine, clock, transport, emitted, only } = watched({ confirmTimeoutMs: 20_000 });
    void engine.start();
    await clock.advance(0);
    engine.offer(message());
    await clock.advance(15_000);
    transport.refuseAll = new TransportError("timeout", "no answer while connecting");
    await clock.advance(15_000);
    expect(only()?.message).toContain("no answer while connecting");
    expect(new Set(emitted)).toEqual(new Set(["problem TRANSPORT_TIMEOUT"]));
    transport.refuseAll = undefined;
    transport.onPublish = (connection) => connection.answer();
    await clock.advance(60_000);
    const solved = emitted.filter((line) => line === "solved TRANSPORT_TIMEOUT");
    expect(solved).toHaveLength(emitted.length / 2);
    await engine.stop();
  });

  it("goes on while the sink stops, until it closes its connections", async () => {
    const { engine, clock, transport, problems, emitted } = watched({ flushTimeoutMs: 30_000 });
    void engine.start();
    await clock.advance(0);
    transport.connection.flow({ credit: 0 });
    engine.offer(message());
    await clock.advance(8000);
    const stopping = engine.stop();
    await clock.advance(10_000);
    expect(problems()).toMatchObject([{ code: "TRANSPORT_THROTTLED" }]);
    await clock.advance(30_000);
    await stopping;
    expect(problems()).toEqual([]);
    expect(emitted).toEqual(["problem TRANSPORT_THROTTLED"]);
  });

  it("says both of two things that have one code", async () => {
    const { engine, clock, transport, problems } = watched({ connectionPoolSize: 2, maxInFlight: 4 });
    void engine.start();
    await clock.advance(0);
    transport.refuseAll = new TransportError("throttled", "connection limit (1) is reached");
    for (const run of ["a", "a", "b"]) engine.offer(message({ correlationId: run }));
    await clock.advance(1000);
    transport.connection.answer();
    transport.connection.flow({ credit: 0 });
    await clock.advance(6000);
    expect(problems()).toMatchObject([
      { code: "TRANSPORT_THROTTLED", message: expect.stringContaining("taken nothing more") },
      { code: "TRANSPORT_THROTTLED", message: expect.stringContaining("going on with 1 of 2") },
    ]);
    transport.onPublish = (connection) => connection.answer();
    transport.connection.flow({ credit: 10 });
    await clock.advance(1000);
    await engine.stop();
  });

  it("names the code of connections that end without a word", async () => {
    const { engine, clock, transport, problems } = watched();
    void engine.start();
    for (let times = 0; times < 4; times++) {
      await clock.advance(1000);
      transport.live.at(-1)?.die();
    }
    await clock.advance(500);
    expect(problems().map(({ code }) => code)).toContain("TRANSPORT_UNREACHABLE");
    expect(problems().map(({ code }) => code)).not.toContain("undefined");
    await engine.stop();
  });

  it("says that the connection takes nothing more, though the broker does not say why", async () => {
    const { logger, of } = keepLines();
    const { engine, clock, transport, only } = watched({ logger });
    void engine.start();
    await clock.advance(0);
    transport.connection.flow({ credit: 0 });
    await clock.advance(6000);
    expect(only()).toMatchObject({ code: "TRANSPORT_THROTTLED" });
    expect(only()?.message).toMatch(
      /taken nothing more for 6 s: the broker slows its publishers down \(flow control\)/,
    );
    expect(of("congested")).toHaveLength(1);
    await engine.stop();
  });

  it("says that the buffer fills before it is full, and what had no room in it", async () => {
    const { logger, of } = keepLines();
    const transport = new FakeTransport();
    transport.connect = never;
    const { engine, clock, problems, emitted } = watched({
      logger,
      transport,
      maxBufferedEvents: 10,
      flushTimeoutMs: 100,
    });
    for (const one of messages(8)) engine.offer(one);
    await clock.advance(1000);
    expect(problems()[1]).toMatchObject({ code: "BUFFER_FULL" });
    expect(problems()[1]?.message).toMatch(
      /^the buffer is 80 % full \(8 events, \d+ bytes\).*await ready\(\)/,
    );
    expect(emitted).toContain("problem BUFFER_FULL");
    expect(of("buffer_filling")).toHaveLength(1);
    const stopping = engine.stop();
    await clock.advance(1000);
    await stopping;
  });

  it("says that connections do not last, also while one is open", async () => {
    const { engine, clock, transport, problems, emitted } = watched({
      maxRetryBackoffMs: 100,
      circuitBreaker: false,
    });
    void engine.start();
    for (let times = 0; times < 20; times++) {
      await clock.advance(500);
      transport.connection.die(unreachable());
    }
    await clock.advance(500);
    expect(engine.health().status).toBe("up");
    expect(problems()).toEqual([
      {
        code: "TRANSPORT_UNREACHABLE",
        message: "disconnected: connection refused (20 times in 10 s)",
      },
    ]);
    expect(emitted).toEqual(["problem TRANSPORT_UNREACHABLE"]);
    await clock.advance(12_000);
    expect(emitted).toEqual(["problem TRANSPORT_UNREACHABLE", "solved TRANSPORT_UNREACHABLE"]);
    await engine.stop();
  });

  it("says what the broker refuses, for as long as it does", async () => {
    const { engine, clock, transport, problems, emitted } = watched({ maxRetries: 0 });
    transport.onPublish = (connection) => connection.answer({ kind: "refused", error: nack() });
    for (const one of messages(3)) engine.offer(one);
    await clock.advance(1000);
    expect(engine.health().status).toBe("up");
    expect(problems()).toEqual([
      {
        code: "RETRIES_EXHAUSTED",
        message: expect.stringMatching(/^failed: .*the broker could not take it \(3 times in 1 s\)$/),
      },
    ]);
    await clock.advance(12_000);
    expect(problems()).toEqual([]);
    expect(emitted).toEqual(["problem RETRIES_EXHAUSTED", "solved RETRIES_EXHAUSTED"]);
    await engine.stop();
  });
});

it("a host that blocked its event loop is not told that the broker is silent", async () => {
  const { engine, clock, transport, emitted } = watched();
  void engine.start();
  await clock.advance(900);
  engine.offer(message());
  await clock.advance(110);
  // Twenty seconds go by without a turn of the loop; the answer is read in the turn after it.
  const { connection } = transport;
  clock.time += 20_000;
  clock.after(0, () => connection.answer());
  await clock.advance(0);
  expect(emitted).toEqual([]);
  await engine.stop();
});
