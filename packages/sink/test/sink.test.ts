import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type AnyEvent, DeliveryError, InvalidEventError, type OutboundMessage } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import { type Failure, RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { keeper } from "./keeper.js";
import { recorder } from "./recorder.js";

const start = { eventType: "start", operation: "answer", moduleName: "RAG", data: { question: "why?" } };

/** What arrives of these events. */
async function delivered(options: RabbitMQSinkOptions, ...events: AnyEvent[]): Promise<OutboundMessage[]> {
  const transport = recorder();
  const sink = new RabbitMQSink({ transport, ...options });
  for (const event of events) sink.handleEvent(event);
  await sink.stop();
  return transport.messages;
}

describe("an event that is handed over", () => {
  it("arrives with its key, its properties and the headers of the Python package", async () => {
    const event = { ...start, eventId: "abc", executionId: "run", timestamp: "2025-08-21T10:00:00.123Z" };
    const [message] = await delivered({}, event);
    expect(message).toMatchObject({
      routingKey: "streamll.start.answer",
      messageId: "abc",
      correlationId: "run",
      type: "start",
      timestamp: Date.parse("2025-08-21T10:00:00.123Z"),
      headers: {
        streamll_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        event_type: "start",
        operation: "answer",
        module_name: "RAG",
        execution_id: "run",
      },
    });
    expect(JSON.parse(message!.body().toString())).toMatchObject({
      event_id: "abc",
      data: { question: "why?" },
    });
  });

  it("may have its wire names", async () => {
    const [message] = await delivered({}, { event_type: "end", event_id: "x" });
    expect(message).toMatchObject({ type: "end", messageId: "x" });
  });

  it("starts the sink", async () => {
    const sink = new RabbitMQSink({ transport: recorder() });
    expect(sink.isRunning).toBe(false);
    expect(sink.handleEvent(start)).toBe(true);
    expect(sink.isRunning).toBe(true);
    expect(await sink.flush()).toMatchObject({ sent: 1, pending: 0 });
    expect(await sink.stop()).toBe(await sink.stop());
    expect(sink.isRunning).toBe(false);
  });

  it("straight before stop() is delivered, as are 1,000 of them", async () => {
    expect(await delivered({}, ...Array.from({ length: 1000 }, () => start))).toHaveLength(1000);
  });

  it("an invalid one is rejected: false, counted, reported once without its data", async () => {
    const { logger, lines } = keeper();
    const sink = new RabbitMQSink({ transport: recorder(), logger });
    for (const bad of [
      undefined,
      null,
      5,
      "secret",
      {},
      { eventType: 7 },
      { event_type: "" },
      [],
      () => {},
    ]) {
      expect(sink.handleEvent(bad as never)).toBe(false);
    }
    expect(sink.stats()).toMatchObject({ events_rejected: 9, events_received: 0 });
    expect(lines).toHaveLength(1);
    await sink.stop();
  });

  it("of which a getter throws never throws", async () => {
    const sink = new RabbitMQSink({ transport: recorder() });
    const trap = Object.defineProperty({}, "eventType", {
      get() {
        throw new Error("trap");
      },
    });
    expect(() => sink.handleEvent(trap as never)).not.toThrow();
    await sink.stop();
  });

  it("to a sink that was stopped is refused", async () => {
    const sink = new RabbitMQSink({ transport: recorder() });
    await sink.stop();
    expect(sink.handleEvent(start)).toBe(false);
    await expect(sink.publish(start)).rejects.toMatchObject({ code: "STOPPED" });
    await expect(sink.start()).rejects.toMatchObject({ code: "STOPPED" });
  });
});

describe("eventFilter", () => {
  it("lets its types through, and counts the others as taken", async () => {
    const transport = recorder();
    const sink = new RabbitMQSink({ transport, eventFilter: ["error"] });
    expect(sink.handleEvent(start)).toBe(true);
    sink.handleEvent({ event_type: "error" });
    await sink.stop();
    expect(transport.messages.map(({ type }) => type)).toEqual(["error"]);
    expect(sink.stats().events_received).toBe(1);
  });

  it("may be a set or a predicate", async () => {
    const other = { eventType: "end" };
    expect(await delivered({ eventFilter: new Set(["end"]) }, start, other)).toHaveLength(1);
    expect(
      await delivered({ eventFilter: ({ operation }) => operation === "answer" }, start, other),
    ).toHaveLength(1);
  });

  it("that throws lets the event pass", async () => {
    const { logger, lines } = keeper();
    const eventFilter = () => {
      throw new TypeError("secret");
    };
    expect(await delivered({ eventFilter, logger }, start, start)).toHaveLength(2);
    expect(lines.filter((line) => line.includes("eventFilter threw TypeError"))).toHaveLength(1);
    expect(lines.join()).not.toContain("secret");
  });
});

describe("transform", () => {
  it("changes what is sent, or leaves it out", async () => {
    const transform: RabbitMQSinkOptions["transform"] = (event) =>
      event.eventType === "token" ? undefined : { ...event, data: { redacted: true } };
    const messages = await delivered({ transform }, start, { eventType: "token" });
    expect(messages.map((one) => JSON.parse(one.body().toString()).data)).toEqual([{ redacted: true }]);
  });

  it("may change what it gets: neither the caller nor another sink sees it", async () => {
    const event = { eventType: "end", data: { secret: 1, kept: 2 }, tags: { secret: "1" } };
    const transform: RabbitMQSinkOptions["transform"] = (given) => {
      Reflect.deleteProperty(given.data, "secret");
      Reflect.deleteProperty(given.tags, "secret");
      return Object.assign(given, { operation: "redacted" });
    };
    const [message] = await delivered({ transform }, event);
    expect(JSON.parse(message!.body().toString())).toMatchObject({
      operation: "redacted",
      data: { kept: 2 },
      tags: {},
    });
    expect(event).toEqual({ eventType: "end", data: { secret: 1, kept: 2 }, tags: { secret: "1" } });
  });

  it("gets what cannot be copied as it is", async () => {
    const trap = Object.defineProperty({ fine: 1 }, "bad", {
      enumerable: true,
      get() {
        throw new Error("trap");
      },
    });
    class Told {
      toJSON = () => ({ told: true });
    }
    const transform: RabbitMQSinkOptions["transform"] = (event) => event;
    const data = [trap, new Told() as object].map((one) => ({ eventType: "end", data: one as never }));
    const messages = await delivered({ transform }, ...data);
    expect(messages.map((one) => JSON.parse(one.body().toString()).data)).toEqual([
      { fine: 1, bad: "[Getter threw]" },
      { told: true },
    ]);
  });

  it("that throws keeps the event back: it may hold what was to be redacted", async () => {
    const transport = recorder();
    const { logger, lines } = keeper();
    const transform = () => {
      throw new Error("secret");
    };
    const sink = new RabbitMQSink({ transport, transform, logger });
    expect(sink.handleEvent(start)).toBe(false);
    await expect(sink.publish(start)).rejects.toThrow("transform threw Error; the event is rejected");
    await sink.stop();
    expect(transport.messages).toEqual([]);
    expect(sink.stats().events_rejected).toBe(2);
    expect(lines.join()).not.toContain("secret");
  });
});

describe("headers", () => {
  const headersOf = async (headers: RabbitMQSinkOptions["headers"], logger = keeper().logger) =>
    (await delivered({ headers, logger }, start))[0]!.headers;

  it("are added to ours, and win", async () => {
    expect(await headersOf({ team: "rag", module_name: "mine" })).toMatchObject({
      team: "rag",
      module_name: "mine",
      event_type: "start",
    });
    expect(await headersOf(({ operation }) => ({ op: operation }))).toMatchObject({ op: "answer" });
  });

  it("are plain values when they reach the transport", async () => {
    const odd = () =>
      ({
        date: new Date(0),
        bad: new Date(Number.NaN),
        big: 10n,
        nan: Number.NaN,
        infinite: Number.POSITIVE_INFINITY,
        nested: { a: 1 },
        list: [1],
        none: null,
        absent: undefined,
        fn: () => {},
        [`${"ü".repeat(128)}`]: 1,
        "": 1,
      }) as never;
    const { streamll_version, event_type, operation, module_name, execution_id, ...own } =
      await headersOf(odd);
    expect(own).toEqual({
      date: "1970-01-01T00:00:00.000Z",
      bad: "Invalid Date",
      big: "10",
      nan: "NaN",
      infinite: "Infinity",
      nested: '{"a":1}',
      list: "[1]",
      none: null,
    });
  });

  it("cannot change the prototype", async () => {
    const headers = await headersOf(() => JSON.parse('{"__proto__": {"x": 1}, "y": 2}'));
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
    expect(headers).toMatchObject({ y: 2 });
  });

  it.each(["CC", "BCC"])("named %s, by which RabbitMQ routes, are left out alone", async (name) => {
    const { logger, lines } = keeper();
    const headers = await headersOf(() => ({ [name]: "everywhere", team: "rag" }), logger);
    expect(headers).toMatchObject({ event_type: "start", team: "rag" });
    expect(headers).not.toHaveProperty(name);
    expect(lines.filter((line) => line.includes("a header was left out"))).toHaveLength(1);
  });

  it("that throw do not hold the event up", async () => {
    const { logger, lines } = keeper();
    const headers = () => {
      throw new Error("secret");
    };
    expect(await headersOf(headers, logger)).toMatchObject({ event_type: "start" });
    expect(lines.filter((line) => line.includes("headers threw Error"))).toHaveLength(1);
    expect(lines.join()).not.toContain("secret");
  });
});

describe("publish()", () => {
  it("resolves with the broker's answer", async () => {
    const sink = new RabbitMQSink({ transport: recorder() });
    const receipt = await sink.publish({ ...start, eventId: "abc" });
    expect(receipt).toMatchObject({ eventId: "abc", confirmed: true, attempts: 1 });
    await sink.stop();
  });

  it("rejects what is no event, and says which field", async () => {
    const sink = new RabbitMQSink({ transport: recorder() });
    await expect(sink.publish({} as never)).rejects.toBeInstanceOf(InvalidEventError);
    await expect(sink.publish({} as never)).rejects.toMatchObject({ field: "event_type" });
    await sink.stop();
  });

  it("resolves at once for what the filter leaves out", async () => {
    const sink = new RabbitMQSink({ transport: recorder(), eventFilter: [] });
    expect(await sink.publish(start)).toMatchObject({ confirmed: false, attempts: 0 });
    await sink.stop();
  });

  it("ends with its signal", async () => {
    const transport = { ...recorder(), connect: () => new Promise<never>(() => {}) };
    const sink = new RabbitMQSink({ transport, flushTimeout: 0 });
    const abort = new AbortController();
    const published = sink.publish(start, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(published).rejects.toThrow("enough");
    expect(await sink.stop()).toMatchObject({ sent: 0, dropped: 1 });
  });

  it("has a sequence only on streams, as lastSequence()", async () => {
    const sink = new RabbitMQSink({ transport: recorder() });
    const error = "requires a stream (useStreams: true); the transport here is recorder";
    await expect(sink.publish(start, { sequence: 1 })).rejects.toThrow(error);
    await expect(sink.lastSequence()).rejects.toThrow(error);
    await sink.stop();
  });
});

describe("failures", () => {
  const full = { maxEventBytes: 200 } as const;
  const large = { eventType: "start", eventId: "big", data: { text: "x".repeat(500) } };

  it("are told with the event, the code and the attempts", async () => {
    const failures: Failure[] = [];
    const heard: Failure[] = [];
    const sink = new RabbitMQSink({
      transport: recorder(),
      ...full,
      onFailure: (failure) => failures.push(failure),
    });
    const listener = (failure: Failure) => heard.push(failure);
    sink.on("failed", listener);
    sink.handleEvent(large);
    await sink.flush();
    sink.off("failed", listener);
    sink.handleEvent(large);
    await sink.stop();
    expect(failures).toHaveLength(2);
    expect(heard).toHaveLength(1);
    expect(failures[0]).toMatchObject({ code: "EVENT_TOO_LARGE", attempts: 0, event: { eventId: "big" } });
    expect(failures[0]!.error).toBeInstanceOf(DeliveryError);
  });

  it("told to a callback that throws harm nobody", async () => {
    const transport = recorder();
    const onFailure = () => {
      throw new Error("mine");
    };
    const logger = { debug: onFailure, info: onFailure, warn: onFailure, error: onFailure };
    const sink = new RabbitMQSink({ transport, ...full, onFailure, logger });
    sink.handleEvent(large);
    sink.handleEvent({ eventType: "end" });
    expect(await sink.stop()).toMatchObject({ sent: 1 });
    expect(sink.stats()).toMatchObject({ events_sent: 1, events_failed: 1 });
  });
});

describe("metricsCallback", () => {
  it("is called at its interval, and once at stop()", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const seen: number[] = [];
      const metricsCallback: RabbitMQSinkOptions["metricsCallback"] = ({ events_sent }) =>
        seen.push(events_sent);
      const sink = new RabbitMQSink({ transport: recorder(), metricsCallback, metricsInterval: "10s" });
      vi.advanceTimersByTime(30_000);
      expect(seen).toEqual([]);
      await sink.publish(start);
      vi.advanceTimersByTime(20_000);
      await sink.stop();
      await sink.stop();
      vi.advanceTimersByTime(30_000);
      expect(seen).toEqual([1, 1, 1]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is called no more after stop(), also where that came first", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const metricsCallback = vi.fn();
      const sink = new RabbitMQSink({ transport: recorder(), metricsCallback, metricsInterval: "10s" });
      await sink.stop();
      expect(sink.handleEvent(start)).toBe(false);
      await expect(sink.publish(start)).rejects.toMatchObject({ code: "STOPPED" });
      await expect(sink.start()).rejects.toMatchObject({ code: "STOPPED" });
      vi.advanceTimersByTime(30_000);
      expect(metricsCallback).toHaveBeenCalledTimes(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("that throws harms nobody", async () => {
    const { logger, lines } = keeper();
    const metricsCallback = () => {
      throw new Error("secret");
    };
    const sink = new RabbitMQSink({ transport: recorder(), metricsCallback, logger });
    sink.handleEvent(start);
    expect(await sink.stop()).toMatchObject({ sent: 1 });
    expect(lines.join()).toContain("metricsCallback threw Error");
    expect(lines.join()).not.toContain("secret");
  });
});

/** Node hides it without `--expose-gc`. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

describe("a sink", () => {
  it("stops at the end of its block", async () => {
    const transport = recorder();
    const sink = new RabbitMQSink({ transport });
    sink.handleEvent(start);
    await sink[Symbol.asyncDispose]();
    expect(transport.messages).toHaveLength(1);
    expect(sink.health().status).toBe("stopped");
  });

  it("keeps no listener that was taken off", async () => {
    const sink = new RabbitMQSink({ transport: recorder() });
    const listeners = Array.from({ length: 2 }, () => {
      const listener = () => {};
      sink
        .on("failed", listener)
        .off("failed", listener)
        .off("dropped", () => {});
      return new WeakRef(listener);
    });
    // What a WeakRef was made of in this turn is kept through it.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(listeners.map((listener) => listener.deref())).toEqual([undefined, undefined]);
    await sink.stop();
  });

  it("tells that it is connected", async () => {
    const sink = new RabbitMQSink({ transport: recorder(), waitForBroker: true });
    const connected = new Promise((resolve) => sink.on("connected", resolve));
    await sink.start();
    expect(await connected).toEqual({ endpoint: "recorder", lane: 0 });
    expect(sink.health()).toMatchObject({ status: "up", connectionsOpen: 1 });
    await sink.stop();
  });

  it("without a logger says once what will not heal by itself", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { TransportError } = await import("@streamll/core");
    const connect = async () => {
      throw new TransportError("auth", "wrong password", { permanent: true });
    };
    const sink = new RabbitMQSink({
      transport: { ...recorder(), connect },
      flushTimeout: 0,
      connectionPoolSize: 1,
    });
    await expect(sink.start()).rejects.toMatchObject({ code: "TRANSPORT_AUTH" });
    await sink.stop();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("wrong password"), "StreamllWarning");
    warn.mockRestore();
  });
});
