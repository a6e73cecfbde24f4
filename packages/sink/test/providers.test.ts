import { ConfigurationError } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { formatExplanation, RabbitMQSink } from "../src/index.js";
import type { RabbitMQSinkOptions } from "../src/options/sink-options.js";
import { keeper } from "./keeper.js";
import { problemsOf } from "./problems.js";

const amazon = "b-c8352341-ec91-4a78-ad9c-a43f23d325bb.mq.us-west-2.amazonaws.com";
const cloud = "hog.rmq5.cloudamqp.com";

/** A sink that was made, and what it warned of. */
function made(options: RabbitMQSinkOptions) {
  const { lines, logger } = keeper();
  const { endpoints, provider, options: explained } = new RabbitMQSink({ ...options, logger }).explain();
  return { endpoints, provider, ssl: explained.ssl, lines };
}

const warningsOf = (options: RabbitMQSinkOptions) => made(options).lines;

describe("a provider is recognised by its host", () => {
  it.each([
    [`amqps://u:p@${amazon}`, "Amazon MQ"],
    [`amqps://u:p@${amazon}:5671/`, "Amazon MQ"],
    [`amqps://u:p@${amazon.replace("amazonaws.com", "on.aws")}`, "Amazon MQ"],
    [`amqps://u:p@${amazon.toUpperCase()}`, "Amazon MQ"],
    [`amqps://u:p@${amazon}.`, "Amazon MQ"],
    [`amqps://u:p@${amazon}.cn`, "Amazon MQ"],
    ["amqps://u:p@instancename.cloudamqp.com/u", "CloudAMQP"],
    [`amqps://u:p@${cloud}/u`, "CloudAMQP"],
    ["amqps://u:p@ostrich.lmq.cloudamqp.com/u", "CloudAMQP"],
    ["amqps://u:p@localhost", undefined],
    ["amqps://u:p@mq.us-west-2.amazonaws.com.evil.example", undefined],
    ["amqps://u:p@notcloudamqp.com", undefined],
    ["amqps://u:p@ec2-1-2-3-4.us-west-2.compute.amazonaws.com", undefined],
  ])("%s", (amqpUrl, provider) => {
    expect(made({ amqpUrl }).provider).toBe(provider);
  });

  it("and explain() tells it", () => {
    const text = formatExplanation(new RabbitMQSink({ amqpUrl: `amqps://u:p@${amazon}` }).explain());
    expect(text).toContain("provider  Amazon MQ");
    expect(text).toMatch(/ssl +true +derived/);
  });
});

describe("amqp:// to a provider", () => {
  it.each([
    [amazon, "Amazon MQ"],
    [cloud, "CloudAMQP"],
  ])("goes over TLS to port 5671, and says what to write: %s", (host, name) => {
    const { endpoints, ssl, lines } = made({ amqpUrl: `amqp://u:hunter2@${host}/v` });
    expect(endpoints).toEqual([`amqps://u:***@${host}:5671/v`]);
    expect(ssl).toEqual({ value: true, from: "derived" });
    expect(lines).toEqual([
      expect.stringContaining(
        `amqpUrl: ${name} is reached with TLS: amqp:// is taken as amqps://, so write amqps://u:***@${host}:5671/v`,
      ),
    ]);
    expect(lines.join()).not.toContain("hunter2");
  });

  it("with ssl: true is what was meant", () => {
    const { endpoints, lines } = made({ amqpUrl: `amqp://u:p@${amazon}`, ssl: true });
    expect([endpoints, lines]).toEqual([[`amqps://u:***@${amazon}:5671/`], []]);
  });

  it("is refused on Amazon MQ where plain text is asked for", () => {
    expect(problemsOf({ amqpUrl: `amqp://u:p@${amazon}:5672` })).toEqual([
      `amqpUrl: Amazon MQ takes TLS only, on port 5671: write amqps://u:***@${amazon}:5671/`,
    ]);
    for (const scheme of ["amqp", "amqps"]) {
      expect(problemsOf({ amqpUrl: `${scheme}://u:p@${amazon}`, ssl: false })).toEqual([
        "ssl: is false, but Amazon MQ takes TLS only: leave it out",
      ]);
    }
  });

  it.each([{ amqpUrl: `amqp://u:p@${cloud}:5672/u` }, { amqpUrl: `amqp://u:p@${cloud}/u`, ssl: false }])(
    "is plain text on CloudAMQP where that is asked for, with a warning: %o",
    (options) => {
      const { endpoints, lines } = made(options);
      expect(endpoints).toEqual([`amqp://u:***@${cloud}:5672/u`]);
      expect(lines).toEqual([expect.stringContaining(`as plain text: write amqps://u:***@${cloud}:5671/u`)]);
    },
  );

  it("is told of once in a cluster, and with the place of the URL where it is refused", () => {
    const amqpUrl = [`amqp://u:p@${amazon}`, `amqp://u:p@${amazon}`];
    expect(warningsOf({ amqpUrl })).toHaveLength(1);
    expect(problemsOf({ amqpUrl: [amqpUrl[0]!, `amqp://u:p@${amazon}:5672`] })).toEqual([
      expect.stringContaining("URL 2: Amazon MQ takes TLS only"),
    ]);
  });

  it("elsewhere stays what it is", () => {
    expect(made({ amqpUrl: "amqp://u:p@localhost/v" })).toMatchObject({
      endpoints: ["amqp://u:***@localhost:5672/v"],
      lines: [],
    });
  });
});

describe("what Amazon MQ does not have", () => {
  const amqpUrl = `amqps://u:p@${amazon}`;

  it.each([
    [{ useStreams: true }, "useStreams: Amazon MQ has no streams"],
    [{ queueArguments: { "x-queue-type": "stream" } }, "queueArguments: Amazon MQ has no streams"],
    [{ amqpUrl: `rabbitmq-stream://u:p@${amazon}` }, "amqpUrl: Amazon MQ has no streams: write amqps://"],
    [{ amqpUrl: `amqps://${amazon}` }, "amqpUrl: Amazon MQ has no user guest: give username and password"],
    [{ username: "guest" }, "amqpUrl: Amazon MQ has no user guest"],
  ])("is refused: %o", (options, problem) => {
    expect(problemsOf({ amqpUrl, ...options })).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    [
      { exchangeType: "x-delayed-message", exchangeArguments: { "x-delayed-type": "topic" } },
      "exchangeType: Amazon MQ does not list a plugin",
    ],
    [{ queuePriority: 5 }, "queuePriority: Amazon MQ makes quorum queues since RabbitMQ 4"],
    [{ connectionPoolSize: 301 }, "all programs together may have 300 on the smallest plan of Amazon MQ"],
  ])("or may not have is warned of: %o", (options, warning) => {
    expect(warningsOf({ amqpUrl, ...options })).toEqual([expect.stringContaining(warning)]);
  });

  it.each([
    {},
    { exchangeType: "x-consistent-hash" },
    { queuePriority: 5, queueType: "classic" as const },
    { connectionPoolSize: 300 },
    { queueArguments: { "x-queue-type": "quorum" } },
  ])("and what it has is not: %o", (options) => {
    expect(warningsOf({ amqpUrl, ...options })).toEqual([]);
  });

  it("does not keep out a login that comes as options, by a function or by certificate", () => {
    const bare = `amqps://${amazon}`;
    expect(problemsOf({ amqpUrl: bare, username: "u", password: "p" })).toEqual([]);
    expect(problemsOf({ amqpUrl: bare, credentials: () => ({ password: "p" }) })).toEqual([]);
    expect(problemsOf({ amqpUrl: bare, tls: { cert: "c", key: "k" } })).toEqual([]);
  });
});

describe("on CloudAMQP", () => {
  it("a URL without a virtual host is warned of", () => {
    expect(warningsOf({ amqpUrl: `amqps://u:p@${cloud}` })).toEqual([
      expect.stringContaining('the virtual host is "/"; the one that CloudAMQP makes is named as the user'),
    ]);
  });

  it("a pool over the free plan's limit is warned of, and streams are not refused for its sake", () => {
    const amqpUrl = `amqps://u:p@${cloud}/u`;
    expect(warningsOf({ amqpUrl, connectionPoolSize: 20 })).toEqual([]);
    expect(warningsOf({ amqpUrl, connectionPoolSize: 21 })).toEqual([
      expect.stringContaining("20 on the smallest plan of CloudAMQP (Little Lemur)"),
    ]);
    expect(() => new RabbitMQSink({ amqpUrl, useStreams: true })).not.toThrow(ConfigurationError);
  });
});
