import type { TransportFactory } from "@streamll/core";
import { boolean, count, duration, type OptionTable, template, text } from "@streamll/core/options";
import { serviceBusTransport } from "@streamll/transport-amqp10";
import { describe, expect, it, vi } from "vitest";
import { BrokerSink, formatExplanation, RabbitMQSink } from "../src/index.js";
import { problemsOf } from "./problems.js";
import { recorder } from "./recorder.js";

const options = {
  /** Entries that the made-up log keeps. Default 100,000. */
  maxLength: {
    kind: count(1, 1_000_000),
    default: 100_000,
    about: "Entries that the log keeps.",
  },
  /** Seconds until the made-up log is trimmed. */
  trimAfter: { kind: duration("s", { min: 1, max: 3600 }), about: "When the log is trimmed." },
  trimKey: { kind: text(), secret: true, about: "What allows trimming." },
  group: { kind: template(1), perEvent: true, about: "The group of each entry." },
} satisfies OptionTable;

const madeUp = () => {
  const transport = recorder();
  const create = vi.fn<TransportFactory<typeof options>["create"]>(() => transport);
  const factory: TransportFactory<typeof options> = {
    name: "made-up",
    schemes: ["made-up"],
    options,
    create,
  };
  return { factory, create, transport };
};

const url = "made-up://host/";

/** What a sink with the made-up transport says is wrong. */
const madeUpProblems = (given: Record<string, unknown>): string[] =>
  problemsOf({ amqpUrl: url, transports: [madeUp().factory], ...given });

describe("a transport with options of its own", () => {
  it("gets them from the sink, resolved, and no list names them but its table", () => {
    const { factory, create } = madeUp();
    const sink: BrokerSink = new BrokerSink({ url, transports: [factory], maxLength: 500, trimAfter: "2m" });
    expect(sink.isRunning).toBe(false);
    expect(create.mock.calls[0]![0].own).toEqual({ maxLength: 500, trimAfter: 120_000 });
  });

  it("gets its defaults where the user sets none", () => {
    const { factory, create } = madeUp();
    new RabbitMQSink({ transport: factory });
    expect(create.mock.calls[0]![0].own).toEqual({ maxLength: 100_000 });
  });

  it("has them checked at construction, with the sink's own and by the same messages", () => {
    expect(madeUpProblems({ maxLength: 0, trimAfter: "soon", batchSize: 0 })).toEqual([
      "batchSize: must be a whole number from 1 to 100,000; got 0",
      "maxLength: must be a whole number from 1 to 1,000,000; got 0",
      'trimAfter: must be 1 to 3600 seconds, as a number in seconds or a string such as "5s"; got "soon"',
    ]);
    expect(madeUpProblems({ max_length: 5 })).toEqual([
      "max_length: is not an option of RabbitMQSink; did you mean maxLength?",
    ]);
  });

  it("has them explained, secrets redacted, each with where it came from", () => {
    const { factory } = madeUp();
    const sink = new BrokerSink({ url, transports: [factory], trimAfter: 60, trimKey: "hunter2" });
    const explanation = sink.explain();
    expect(explanation.options).toMatchObject({
      maxLength: { value: 100_000, from: "default" },
      trimAfter: { value: "60s", from: "option" },
      trimKey: { value: "***", from: "option" },
      group: { from: "default" },
    });
    expect(formatExplanation(explanation)).toMatch(/maxLength +100000 +default/);
    expect(formatExplanation(explanation)).not.toContain("hunter2");
  });

  it("has them read from the environment, by the rule of all options", () => {
    const { factory, create } = madeUp();
    const env = { RABBITMQ_MAX_LENGTH: "700", RABBITMQ_URL: url };
    const sink = RabbitMQSink.fromEnv({ transports: [factory] }, env);
    expect(create.mock.calls[0]![0].own).toMatchObject({ maxLength: 700 });
    expect(sink.explain().options.maxLength).toEqual({
      value: 700,
      from: "environment",
      variable: "RABBITMQ_MAX_LENGTH",
    });
    const bad = () => RabbitMQSink.fromEnv({ transports: [factory] }, { RABBITMQ_MAX_LENGTH: "x" });
    expect(bad).toThrow('RABBITMQ_MAX_LENGTH: must be a whole number from 1 to 1,000,000; got "x"');
  });

  it("has a template filled from each event", async () => {
    const { factory, transport } = madeUp();
    const sink = new BrokerSink({ url, transports: [factory], group: "run.{execution_id}" });
    sink.handleEvent({ eventType: "start", executionId: "e7" });
    await sink.stop();
    expect(transport.messages.map(({ own }) => own.group)).toEqual(["run.e7"]);
  });

  it("is known to the compiler by the options that it brings", () => {
    const transports = [madeUp().factory];
    // @ts-expect-error: a number
    expect(() => new BrokerSink({ url, transports, maxLength: "many" })).toThrow("maxLength");
    // @ts-expect-error: maxLength
    expect(() => new BrokerSink({ url, transports, maxLenght: 5 })).toThrow("maxLength");
    // @ts-expect-error: without the transport there is no such option
    expect(() => new BrokerSink({ maxLength: 5 })).toThrow("is not an option of BrokerSink");
  });

  it("may not name one as the sink does", () => {
    const heartbeat = { kind: boolean, about: "Another." };
    const factory = { ...madeUp().factory, options: { heartbeat } };
    expect(problemsOf({ amqpUrl: url, transports: [factory] })).toEqual([
      "transports: the transport made-up declares the option heartbeat, which RabbitMQSink has already: rename it",
    ]);
  });

  it("may not have one without a kind", () => {
    const factory = { ...madeUp().factory, options: { maxLength: { about: "No kind." } } };
    expect(problemsOf({ amqpUrl: url, transports: [factory] })[0]).toContain(
      'the option "maxLength" of a factory has no kind, such as those of @streamll/core/options',
    );
  });

  it("keeps them from other transports, and those of others from it", () => {
    expect(problemsOf({ amqpUrl: "amqp://h", transports: [madeUp().factory], maxLength: 5 })).toEqual([
      "maxLength: the transport amqp091 has no such option; it belongs to the transport made-up",
    ]);
    expect(madeUpProblems({ webSocket: true })).toEqual([
      "webSocket: the transport made-up has no such option; it belongs to the transport service-bus",
    ]);
    expect(madeUpProblems({ webSocket: false })).toEqual([]);
  });
});

describe("a transport that configures itself", () => {
  const configured = (configure: TransportFactory<typeof options>["configure"] & {}) => {
    const { factory, create } = madeUp();
    return { factory: { ...factory, ports: { "made-up": 7000 }, configure }, create };
  };

  it("says where to connect, what to declare and what follows from the options", () => {
    const topology = { mode: "passive", exchanges: [], queues: [], bindings: [] } as const;
    const { factory, create } = configured(({ endpoints, own, shared }) => ({
      endpoints: endpoints.map((endpoint) => ({ ...endpoint, path: `log-${own.maxLength}` })),
      exchange: `${shared.exchange}-log`,
      topology,
      derived: { trimKey: "none" },
    }));
    const sink = new BrokerSink({ url: "made-up://u:hunter2@host/", transports: [factory], maxLength: 5 });
    expect(create.mock.calls[0]![0]).toMatchObject({
      topology,
      message: { exchange: "streamll_events-log" },
    });
    expect(sink.explain().endpoints).toEqual(["made-up://u:***@host:7000/log-5"]);
    expect(sink.explain().options.trimKey).toEqual({ value: "none", from: "derived" });
  });

  it("refuses options that contradict each other, beside all other problems", () => {
    const { factory } = configured(({ own, isSet }) =>
      isSet("trimKey") && own.trimAfter === undefined
        ? { problems: [{ option: "trimKey", message: "requires trimAfter" }] }
        : {},
    );
    const given = { amqpUrl: url, transports: [factory], trimKey: "k", batchSize: 0 };
    expect(problemsOf(given)).toEqual([
      "batchSize: must be a whole number from 1 to 100,000; got 0",
      "trimKey: requires trimAfter",
    ]);
  });

  it("says which shared options mean nothing to it, and why", () => {
    const factory = { ...madeUp().factory, unsupported: { queue: "a log has no queues: leave it out" } };
    expect(problemsOf({ amqpUrl: url, transports: [factory], queue: "q" })).toContain(
      "queue: a log has no queues: leave it out",
    );
  });
});

describe("a transport of this project that is named in transports", () => {
  it("stands for the one that would be loaded, so that a bundler finds it", async () => {
    const create = vi.fn(() => recorder());
    const sink = new BrokerSink({
      url: "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=k",
      routingKey: "q",
      webSocket: true,
      transports: [{ ...serviceBusTransport, create }],
    });
    expect(sink.explain().endpoints).toEqual(["amqps://n:***@ns.servicebus.windows.net:443/"]);
    expect(create).toHaveBeenCalledOnce();
    await sink.stop();
  });
});
