import { inspect } from "node:util";
import { redactUrl } from "@streamll/connection/internal";
import { ConfigurationError } from "@streamll/core";
import { MemoryBroker } from "@streamll/transport-memory";
import { describe, expect, it, vi } from "vitest";
import {
  formatExplanation,
  RabbitMQSink,
  type RabbitMQSinkOptions,
  sinkOptionsFromEnv,
} from "../src/index.js";
import { keeper } from "./keeper.js";
import { onMemory } from "./on-memory.js";
import { optionNames, rowOf, variablesFor } from "./option-rows.js";

const urls = [
  "amqp://u:S3cret@h/",
  "amqp://u:S3@cret@h/",
  "amqp://u:p@S3cret/x@h/",
  "amqp://u:S3cret/@h/",
  "amqp://u:S3cret?@h/",
  "amqp://u:S3cret#@h/",
  "amqp://u:S3cret%@h/",
  "amqp://u:S3cret@h1,h2/",
  "amqp://u:S3cret@h1:1,u:S3cret@h2:2/",
  "amqp://u%3AS3cret@h/",
  "amqp://u%253AS3cret@h/",
  "amqp:%2F%2Fu:S3cret@h",
  "amqp:u:S3cret@h",
  "amqp:/u:S3cret@h",
  "amqp://u:S3cret",
  "amqp://u:S3cret/",
  "amqp://u:12?S3cret",
  "amqp://h/?S3cret=1",
  "amqp://h/?heartbeat=S3cret",
  "amqp://u:S3cret@[::zz]/",
  "amqp://u:S3cret@h\u0000/",
  "rabbitmq-stream:/u:S3cret@h/",
  "rabbitmq-stream://u:p@S3cret/x@h/",
  "rabbitmq-stream://u:S3cret@h:x/",
  "rabbitmq-stream+tls:u:S3cret@h",
  "custom:/u:S3cret@h/",
  "custom://u:p@S3cret/x@h",
  "custom://u:p@S3cret?x@h",
  "custom:u:S3cret",
  "memory:/u:S3cret@h/",
  "memory:u:S3cret",
  "u:S3cret@h:5672/v",
  "u:S3cret",
  "//u:S3cret@h/",
  "://u:S3cret@h/",
  "sb://u:S3cret@h:x/",
  "Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=S3cret;Colour=blue",
  "SharedAccessKey=S3cret;Endpoint=http://h/",
  "SharedAccessKey=S3cret",
  " Endpoint=sb://h/;SharedAccessSignature=S3cret;SharedAccessKey=S3cret",
];

/** All that can be seen of a sink with these options, or of the error that refuses them. */
function seen(options: Record<string, unknown>): string {
  const { lines, logger } = keeper();
  try {
    const sink = new RabbitMQSink({ logger, ...options });
    const explanation = sink.explain();
    return [
      inspect(explanation, { depth: 9 }),
      formatExplanation(explanation),
      inspect(sink.health()),
      ...lines,
    ].join();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return [inspect(error, { depth: 9 }), error.message, JSON.stringify(error.problems)].join();
  }
}

describe("the password", () => {
  it.each(urls)("of %s is shown by no error, no explanation, no health and no log", (amqpUrl) => {
    const transport = new MemoryBroker().transport();
    for (const options of [
      { amqpUrl },
      { amqpUrl: ["amqp://u:S3cret@ok/", amqpUrl] },
      // Which takes any URL, and names it.
      { amqpUrl, transport },
      { amqpUrl, useStreams: true },
      { amqpUrl, amqpVersion: "1.0" },
    ])
      expect(seen(options)).not.toContain("S3cret");
    expect(redactUrl(amqpUrl)).not.toContain("S3cret");
  });

  it.each(urls.filter((url) => url.includes("S3cret@") && !url.includes("\0")))(
    "of %s is not shown where it came into another option either",
    (url) => {
      for (const option of optionNames.filter((one) => one !== "password"))
        expect(seen({ [option]: url })).not.toContain("S3cret");
      expect(seen({ [url]: 1 })).not.toContain("S3cret");
      expect(
        seen({ queueArguments: { "x-a": [url] }, exchangeArguments: { "x-b": { [url]: url } } }),
      ).not.toContain("S3cret");
    },
  );

  it("in a template is not shown by the error that marks the place", () => {
    for (const routingKey of [
      "amqp://u:S3cret@h/{x}",
      "u:S3cret@h}",
      "{u:S3cret@h}",
      "{S3cret:x}".repeat(5000),
    ])
      expect(seen({ routingKey })).not.toMatch(/S3cret@|u:S3cret/);
  });

  it("stays out of what a start that fails says", async () => {
    const { lines, logger } = keeper();
    const sink = new RabbitMQSink({
      amqpUrl: "amqp://u%3AS3cret:S3cret@127.0.0.1:1/",
      logger,
      retryBackoffMs: 1,
    });
    await sink.start();
    await vi.waitUntil(() => sink.health().lastError !== undefined, { timeout: 60_000 });
    await sink.stop();
    expect(lines.join()).toContain("amqp://u:***@127.0.0.1:1/");
    expect([...lines, inspect(sink.health())].join()).not.toContain("S3cret");
  }, 90_000);
});

describe("an option that can hold a secret", () => {
  const secrets = ["headers", "tls", "password", "circuitBreaker", "webSocket", "queueArguments"] as const;

  it.each(secrets)("%s is not quoted, as broken JSON of the environment or as text", (option) => {
    const [variable] = variablesFor(option);
    for (const text of [
      '{"authorization":"Bearer S3cret"',
      "Bearer S3cret",
      '["S3cret"',
      '"S3cret"',
      "{'key': 'S3cret'}",
    ]) {
      if (option === "password") expect(seen({ password: { text } })).not.toContain("S3cret");
      else {
        const read = () => RabbitMQSink.fromEnv({}, { [variable!]: text });
        expect(read).toThrow(ConfigurationError);
        expect(read).not.toThrow("S3cret");
        expect(() => sinkOptionsFromEnv({ [variable!]: text })).not.toThrow("S3cret");
        expect(seen({ [option]: text })).not.toContain("S3cret");
      }
    }
  });

  it.each([
    { tls: { key: { S3cret: "S3cret" } } },
    { tls: { key: 1, passphrase: "S3cret" } },
    { tls: { passphrase: ["S3cret"] } },
    { tls: { servername: "S3cret\0" } },
    { headers: { a: { S3cret: 1 } } },
    { headers: { a: Symbol("S3cret") } },
    { headers: ["S3cret"] },
    { credentials: "S3cret" },
    { credential: "S3cret" },
  ])("is not shown where it is wrong: %o", (options) => {
    expect(seen({ amqpUrl: "amqps://h", ...options })).not.toContain("S3cret");
  });

  it("is every one that the table says is secret", () => {
    const marked = optionNames.filter((option) => rowOf(option).secret || rowOf(option).kind.conceals);
    expect(marked).toEqual(
      expect.arrayContaining(["password", "credentials", "credential", "tls", "headers"]),
    );
  });
});

describe("a control character", () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

  it("in the name of a tag reaches no log and no warning", async () => {
    const name = "a\nfake line \u001b[2J";
    const { lines, logger } = keeper();
    const { sink } = onMemory({ logger });
    expect(sink.handleEvent({ eventType: "end", tags: { [name]: 1 as never } })).toBe(false);
    await sink.stop();
    expect(lines.join()).toContain(String.raw`tags.a\u000afake line \u001b[2J`);
    expect(lines.join()).not.toContain("\n");

    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const quiet = onMemory().sink;
    quiet.handleEvent({ eventType: "end", tags: { [name]: 1 as never } });
    await quiet.stop();
    expect(String(warn.mock.calls[0]![0])).toContain(String.raw`tags.a\u000afake line`);
    warn.mockRestore();
  });

  it.each<RabbitMQSinkOptions>([
    { exchange: "e\u001b[2J" },
    { connectionName: "c\u001b]0;x\u0007" },
    { appId: "\u009b2J", queueArguments: { "\u001b": "\u001b" } },
    { routingKey: "\u001b.{event_type}" },
  ])("of an option is escaped by the explanation as text: %o", (options) => {
    let text: string;
    try {
      text = formatExplanation(new RabbitMQSink(options).explain());
    } catch (error) {
      text = (error as ConfigurationError).message;
    }
    expect(text).not.toMatch(control);
  });

  it("that a third party's transport logs is escaped", async () => {
    const { lines, logger } = keeper();
    const sink = new RabbitMQSink({
      logger,
      transports: [
        {
          schemes: ["up"],
          create: (options, endpoints) => {
            options.logger.warn({ about: "x\ny" }, "to up://u:S3cret@h/\u001b");
            return new MemoryBroker().transport().create(options, endpoints);
          },
        },
      ],
      amqpUrl: "up://u:S3cret@h/",
    });
    await sink.stop();
    expect(lines).toEqual([String.raw`to up://u:***@h/\u001b {"about":"x\\u000ay"}`]);
  });
});
