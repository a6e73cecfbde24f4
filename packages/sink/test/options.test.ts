import { ConfigurationError, type TransportOptions } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { problemsOf } from "./problems.js";
import { recorder } from "./recorder.js";

const explained = (options: RabbitMQSinkOptions) => new RabbitMQSink(options).explain();

describe("options", () => {
  it("may be left out altogether", () => expect(problemsOf({})).toEqual([]));

  it.each(["amqp://u:hunter2@h", null, 5, []])("must be an object: %o", (options) => {
    const [problem] = problemsOf(options as never);
    expect(problem).toBe('options: must be an object: write new RabbitMQSink({ amqpUrl: "amqp://…" })');
  });

  it("that are undefined count as not given", () => {
    expect(explained({ batchSize: undefined }).options.batchSize).toEqual({ value: 50, from: "default" });
  });

  it("are checked together: one error lists every problem", () => {
    const problems = problemsOf({
      batch_size: 10,
      batchTimeout: 100,
      queuePriority: 300,
      amqpUrl: "nope://h",
    });
    expect(problems.map((line) => line.split(":")[0])).toEqual([
      "batchTimeout",
      "queuePriority",
      "batch_size",
      "amqpUrl",
    ]);
  });

  it.each([
    ["batch_size", "is not an option of RabbitMQSink; did you mean batchSize?"],
    ["batchsize", "is not an option of RabbitMQSink; did you mean batchSize?"],
    ["whatever", "is not an option of RabbitMQSink"],
    ["__proto__x", "is not an option of RabbitMQSink"],
    ["toString", "is not an option of RabbitMQSink"],
  ])("named %s: %s", (name, message) => expect(problemsOf({ [name]: 1 })).toEqual([`${name}: ${message}`]));
});

describe("a bad value", () => {
  it.each([
    [{ batchSize: 0 }, "must be a whole number from 1 to 100,000"],
    [{ batchSize: -1 }, "got -1"],
    [{ batchSize: 1.5 }, "got 1.5"],
    [{ batchSize: Number.NaN }, "got NaN"],
    [{ batchSize: Number.POSITIVE_INFINITY }, "got Infinity"],
    [{ batchSize: "50" }, 'got "50"'],
    [{ batchSize: 10n }, "got 10n"],
    [{ batchSize: null }, "got null"],
    [{ durable: "true" }, "must be true or false"],
    [{ queuePriority: 300 }, "must be a whole number from 0 to 255"],
    [{ overflow: "block" }, 'must be one of "reject", "drop-oldest", "drop-newest"'],
    [{ queue: true }, "must be false or a non-empty string of at most 255 bytes"],
    [{ exchange: "ü".repeat(128) }, "must be a string of at most 255 bytes"],
    [{ amqpUrl: 5672 }, "must be a URL"],
    [{ amqpUrl: [] }, "got a list of 0"],
    [{ logger: {} }, "must be an object with the methods debug, info, warn, error"],
    [{ transform: {} }, "must be a function (event) => event or undefined"],
    [{ eventFilter: "error" }, "must be a list of event types"],
    [{ eventFilter: [1] }, "got a list of 1"],
    [{ headers: { nested: {} } }, '"nested" is an object; a header is a string'],
    [{ headers: { CC: "x" } }, "headers: may not have CC"],
    [{ headers: { team: "x", BCC: "x" } }, "headers: may not have BCC"],
    [{ headers: { n: Number.NaN } }, '"n" is NaN'],
    [{ headers: { ["k".repeat(256)]: 1 } }, "longer than 255 bytes"],
    [{ circuitBreaker: true }, "must be false or an object with failureThreshold"],
    [{ circuitBreaker: { threshold: 5 } }, 'has the unknown key "threshold"'],
    [{ circuitBreaker: { cooldown: 30_000 } }, "cooldown: 30000 would be 30000 s"],
    [{ transport: {} }, "must be a transport, an object with the method connect, or a factory"],
    [{ transports: [{}] }, "must be a list of factories"],
    [{ maxBufferedBytes: "64 apples" }, "must be 1B to 1TiB"],
  ])("%o", (options, message) => {
    const [problem, ...others] = problemsOf(options);
    expect(others).toEqual([]);
    expect(problem).toContain(message);
  });

  it("is cut where it is long", () => {
    expect(problemsOf({ overflow: "x".repeat(5000) })[0]!.length).toBeLessThan(200);
  });

  it("of a secret is not shown", () => {
    expect(problemsOf({ password: "" })).toEqual(["password: must be a non-empty string; got ***"]);
    expect(problemsOf({ password: 123_456 })[0]).not.toContain("123456");
  });
});

describe("a time", () => {
  it.each([
    [0.1, "100ms"],
    ["100ms", "100ms"],
    ["5s", "5s"],
    [1, "1s"],
    [0, "0s"],
  ])("batchTimeout: %s is %s", (given, shown) => {
    expect(explained({ batchTimeout: given }).options.batchTimeout.value).toBe(shown);
  });

  it("without a unit is in the unit of its name", () => {
    const { options } = explained({ retryBackoffMs: 1000, confirmTimeout: 60, messageTtl: 3600 });
    expect([options.retryBackoffMs.value, options.confirmTimeout.value, options.messageTtl.value]).toEqual([
      "1s",
      "60s",
      "1h",
    ]);
  });

  it.each([
    [{ batchTimeout: 100 }, '100 would be 100 s: a number is in seconds; write "100ms" or 0.1'],
    [{ confirmTimeout: 30_000 }, 'write "30000ms" or 30'],
    [{ flushTimeout: 20_000 }, 'write "20000ms" or 20'],
    [{ retryBackoffMs: 0.5 }, 'a number is in milliseconds; write "0.5s" or 500'],
    [{ batchTimeout: -1 }, "got -1"],
    [{ batchTimeout: Number.NaN }, "got NaN"],
    [{ batchTimeout: "soon" }, 'got "soon"'],
    [{ batchTimeout: "-5s" }, '"-5s"'],
    [{ messageTtl: "60d" }, "must be 0 to"],
  ])("that is wrong: %o", (options, message) => expect(problemsOf(options)[0]).toContain(message));
});

describe("a size", () => {
  it.each([
    ["64MiB", "64MiB"],
    ["1KiB", "1KiB"],
    [2048, "2KiB"],
    ["500MB", "500000000B"],
  ])("%s is %s", (given, shown) => {
    expect(explained({ maxBufferedBytes: given }).options.maxBufferedBytes.value).toBe(shown);
  });
});

describe("a template", () => {
  it.each(["streamll.{event_typ}", "streamll.{event_type", "streamll.event_type}", "{}", "{tags.}"])(
    "that is wrong: %s",
    (routingKey) => {
      const [problem] = problemsOf({ routingKey });
      expect(problem).toMatch(/^routingKey: /);
    },
  );
});

describe("the URL", () => {
  it.each([
    [{ amqpUrl: "ampq://h" }, "pubsub-emulator, pubsub; did you mean amqp:?"],
    [{ amqpUrl: "http://h" }, 'amqpUrl: unsupported scheme "http:"; supported are amqp, amqps, memory'],
    [{ amqpUrl: "http://h:15672" }, "RabbitMQ takes events at amqp:, by default on port 5672"],
    [{ amqpUrl: "amqp://h:99999" }, "amqpUrl: the port must be a number from 1 to 65535"],
    [{ amqpUrl: ["amqp://a", "amqp://b:0"] }, "amqpUrl: URL 2: the port"],
    [{ amqpUrl: ["amqp://a", "amqps://b"] }, "must have one scheme; these have amqp and amqps"],
    [{ amqpUrl: "amqp://h?frameMax=1" }, 'the query parameter "frameMax" is unknown'],
    [{ amqpUrl: "amqp://h?heartbeat=soon" }, "heartbeat must be a number of seconds"],
    [{ amqpUrl: ["amqp://a?heartbeat=1", "amqp://b?heartbeat=2"] }, "the URLs differ in heartbeat"],
    [{ amqpUrl: "amqps://h", ssl: false }, "ssl: is false, but amqps://h/ asks for TLS"],
    [{ amqpUrl: "amqp://h", tls: { ca: "x" } }, "tls: needs TLS: use amqps://, or ssl: true"],
    [{ amqpUrl: "amqp://h", sslVerify: false }, "sslVerify: needs TLS"],
    [{ amqpUrl: "amqps://h", tls: { cacert: "x" } }, 'tls: has the unknown key "cacert"'],
    [{ amqpUrl: "amqps://h", tls: { rejectUnauthorized: false } }, "tls: write sslVerify instead"],
    [{ amqpUrl: "amqps://h", tls: { checkServerIdentity: () => {} } }, "tls: write the name that"],
    [{ amqpUrl: "amqps://h", tls: { servername: "a b" } }, "tls: servername must be the name of a host"],
    [
      { amqpUrl: "amqps://h", tls: { pfx: 1 } },
      "tls: pfx must be the content of a file, as a string or a Buffer",
    ],
    [{ amqpUrl: "amqps://h", tls: { ca: ["", "x"] } }, "tls: ca must be the content of a file"],
    [
      { amqpUrl: "amqps://h", tls: { ca: "./ca.pem" } },
      "tls: ca is the path of a file, and must be its content",
    ],
    [{ amqpUrl: "amqps://h", tls: { passphrase: 1 } }, "tls: passphrase must be a string"],
    [{ amqpUrl: ["amqp://a", "memory:"] }, "these have amqp and memory"],
    [{ amqpUrl: ["amqp://a", "rabbitmq-stream://b"] }, "these have amqp and rabbitmq-stream"],
    [{ amqpUrl: "amqp://a,b/" }, "amqpUrl: one URL has one host: write several URLs"],
    [
      { amqpUrl: "amqp://h?hearbeat=5" },
      "a query parameter is unknown; allowed are heartbeat, connection_timeout; did you mean heartbeat?",
    ],
    [{ amqpUrl: "amqps://h", tls: { minVersion: "TLSv1" } }, "tls: minVersion must be"],
    [{ amqpUrl: "memory:", ssl: true }, "ssl: the transport memory has no TLS"],
    [{ password: "p", credentials: () => ({ password: "q" }) }, "password: credentials gives it"],
    [{ retryBackoffMs: 60_000 }, "retryBackoffMs: is 60000 ms, which is more than maxRetryBackoffMs"],
    [{ mandatory: true, publisherConfirms: false }, "mandatory: requires publisherConfirms"],
    [{ deadLetterRoutingKey: "x" }, "deadLetterRoutingKey: needs deadLetterExchange"],
  ])("that is wrong: %o", (options, message) => expect(problemsOf(options).join("\n")).toContain(message));

  it("may name the user whose password a function gives", () => {
    expect(problemsOf({ username: "anna", credentials: () => ({ password: "p" }) })).toEqual([]);
  });

  it("of a version that AMQP does not have is one problem", () => {
    const problems = problemsOf({ amqpUrl: "amqp://h", amqpVersion: "2" as "1.0" });
    expect(problems).toEqual(['amqpVersion: must be one of "0-9-1", "1.0"; got "2"']);
  });

  it("never shows its password", () => {
    for (const amqpUrl of [
      "amqp://u:hunter2@h:x",
      "amqp://u:hunter2%@h",
      "foo://u:hunter2@h",
      "u:hunter2@h",
    ]) {
      expect(problemsOf({ amqpUrl }).join()).not.toContain("hunter2");
    }
  });

  it("gets the port of its scheme, and TLS by ssl: true", () => {
    expect(explained({ amqpUrl: "amqp://h" }).endpoints).toEqual(["amqp://h:5672/"]);
    expect(explained({ amqpUrl: "amqps://h" }).endpoints).toEqual(["amqps://h:5671/"]);
    expect(explained({ amqpUrl: "amqp://h", ssl: true }).endpoints).toEqual(["amqps://h:5671/"]);
    expect(explained({ amqpUrl: "amqp://h:1234", ssl: true }).endpoints).toEqual(["amqps://h:1234/"]);
  });

  it("is AMQP 1.0 where that is asked for, with all that RabbitMQ can do", () => {
    const options = {
      amqpVersion: "1.0",
      amqpUrl: "amqp://h",
      queuePriority: 5,
      deadLetterExchange: "d",
    } as const;
    expect(explained(options)).toMatchObject({
      transport: "amqp10",
      endpoints: ["amqp://h:5672/"],
      topology: { mode: "declare", exchanges: [{ name: "streamll_events" }, { name: "d" }] },
    });
  });

  it("gives way to username and password", () => {
    const { endpoints, options } = explained({ amqpUrl: "amqp://a:b@h", username: "c%20+", password: "d/=" });
    expect(endpoints).toEqual(["amqp://c%2520%2B:***@h:5672/"]);
    expect(options.password).toEqual({ value: "***", from: "option" });
  });

  it("may be a list: one cluster", () => {
    expect(explained({ amqpUrl: ["amqp://a", "amqp://b"] }).endpoints).toEqual([
      "amqp://a:5672/",
      "amqp://b:5672/",
    ]);
  });
});

describe("what a transport does not have", () => {
  it.each([
    [
      { useStreams: true, messageTtl: 60 },
      "messageTtl: a stream has no expiry of single messages: set streamMaxAgeHours instead",
    ],
    [
      { useStreams: true, queuePriority: 1 },
      "queuePriority: the transport streams has no message priorities",
    ],
    [
      { useStreams: true, deadLetterExchange: "d" },
      "deadLetterExchange: the transport streams has no dead letters",
    ],
    [{ streamMaxAgeHours: -1 }, 'streamMaxAgeHours: must be "1s" to 876000 hours'],
    [{ amqpVersion: "2.0" }, "amqpVersion"],
  ])("%o is checked all the same", (options, message) => expect(problemsOf(options)[0]).toContain(message));

  it("is not asked for by saying no", () => {
    expect(problemsOf({ useStreams: false, webSocket: false, amqpVersion: "0-9-1" })).toEqual([]);
  });
});

describe("a transport of one's own", () => {
  it("is found by its scheme, before ours", () => {
    const factory = { schemes: ["ndjson", "amqp"], create: () => recorder() };
    expect(explained({ transports: [factory], amqpUrl: "ndjson:///tmp/x" }).transport).toBe("recorder");
    expect(explained({ transports: [factory], amqpUrl: "amqp://h" }).transport).toBe("recorder");
  });

  it("needs no URL", () => {
    expect(explained({ transport: recorder() })).toMatchObject({
      transport: "recorder",
      endpoints: ["recorder"],
    });
  });

  it("may be given as a factory, which learns of all options", () => {
    const create = vi.fn((_options: TransportOptions) => recorder({ topology: true }));
    const options = { transport: { schemes: ["x"], create }, exchange: "orders", durable: false };
    expect(explained(options)).toMatchObject({
      transport: "recorder",
      endpoints: ["recorder"],
      topology: { mode: "declare", exchanges: [{ name: "orders" }], queues: [{ name: "orders" }] },
    });
    expect(create.mock.calls[0]?.[0]).toMatchObject({
      message: { exchange: "orders", persistent: false },
    });
  });

  it("given as a factory takes the default URL where that has its scheme", () => {
    const transport = { schemes: ["amqp"], create: () => recorder() };
    expect(explained({ transport }).endpoints).toEqual(["amqp://guest:***@localhost:5672/"]);
  });

  it("refuses what it cannot honour, and says so by name", () => {
    const transports = [{ schemes: ["x"], create: () => recorder({ confirms: false }) }];
    const options = { amqpUrl: "x://h", transports, queuePriority: 1, queue: "q", publisherConfirms: true };
    expect(problemsOf(options)).toEqual([
      "queue: the transport recorder has no exchanges and queues to declare",
      "queuePriority: the transport recorder has no message priorities",
      "publisherConfirms: the transport recorder has no publisher confirms",
    ]);
  });

  it("that is made already does not learn of options", () => {
    expect(problemsOf({ transport: recorder(), durable: false })).toEqual([
      "durable: the transport recorder is made already: give it to its own constructor, or pass a factory in transports",
    ]);
  });

  it("may throw a configuration error of its own", () => {
    const create = () => {
      throw new ConfigurationError([{ option: "amqpUrl", message: "no path" }]);
    };
    expect(problemsOf({ amqpUrl: "x://h", transports: [{ schemes: ["x"], create }] })).toEqual([
      "amqpUrl: no path",
    ]);
  });
});
