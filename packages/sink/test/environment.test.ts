import { ConfigurationError } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import { RabbitMQSink, sinkOptionsFromEnv } from "../src/index.js";
import { optionNames, variablesFor } from "./option-rows.js";

describe("options from environment variables", () => {
  it("are named by one rule", () => {
    const env = {
      RABBITMQ_BATCH_SIZE: "10",
      RABBITMQ_BATCH_TIMEOUT: "0.5",
      RABBITMQ_CONFIRM_TIMEOUT: "5s",
      RABBITMQ_DURABLE: "False",
      RABBITMQ_PUBLISHER_CONFIRMS: "1",
      RABBITMQ_MESSAGE_TTL: "3600",
      RABBITMQ_QUEUE: "false",
      RABBITMQ_EVENT_FILTER: "start, end",
      RABBITMQ_QUEUE_ARGUMENTS: '{"x-max-length":5}',
      RABBITMQ_CIRCUIT_BREAKER: "off",
      RABBITMQ_MAX_BUFFERED_BYTES: "1MiB",
      RABBITMQ_ROUTING_KEY: " a.{event_type} ",
    };
    expect(sinkOptionsFromEnv(env)).toEqual({
      batchSize: 10,
      batchTimeout: 0.5,
      confirmTimeout: "5s",
      durable: false,
      publisherConfirms: true,
      messageTtl: 3600,
      queue: false,
      eventFilter: ["start", "end"],
      queueArguments: { "x-max-length": 5 },
      circuitBreaker: false,
      maxBufferedBytes: "1MiB",
      routingKey: "a.{event_type}",
    });
  });

  it("know the names of the guide", () => {
    const env = {
      CLOUDAMQP_URL: "amqp://cloud",
      AMAZON_MQ_URL: "amqps://amazon",
      CLOUDAMQP_EXCHANGE: "events",
      RABBITMQ_CONNECTION_POOL: "3",
    };
    expect(sinkOptionsFromEnv(env)).toEqual({
      amqpUrl: "amqps://amazon",
      exchange: "events",
      connectionPoolSize: 3,
    });
    expect(sinkOptionsFromEnv({ ...env, RABBITMQ_URL: "amqp://own" }).amqpUrl).toBe("amqp://own");
    expect(sinkOptionsFromEnv({ RABBITMQ_AMQP_URL: "amqp://rule" }).amqpUrl).toBe("amqp://rule");
  });

  describe("of Amazon MQ, whose URL comes without a login", () => {
    const env = {
      AMAZON_MQ_URL: "amqps://b-1.mq.us-east-1.amazonaws.com:5671",
      AMAZON_MQ_USERNAME: "anna",
      AMAZON_MQ_PASSWORD: "hunter2/+=",
    };

    it("are user and password too", () => {
      expect(sinkOptionsFromEnv(env)).toEqual({
        amqpUrl: "amqps://b-1.mq.us-east-1.amazonaws.com:5671",
        username: "anna",
        password: "hunter2/+=",
      });
      const { endpoints, options } = RabbitMQSink.fromEnv({}, env).explain();
      expect(endpoints).toEqual(["amqps://anna:***@b-1.mq.us-east-1.amazonaws.com:5671/"]);
      expect(options.password).toMatchObject({ value: "***", variable: "AMAZON_MQ_PASSWORD" });
    });

    it("go to no other broker", () => {
      expect(sinkOptionsFromEnv({ ...env, RABBITMQ_URL: "amqp://own" })).toEqual({ amqpUrl: "amqp://own" });
      expect(sinkOptionsFromEnv({ ...env, AMAZON_MQ_URL: "" })).toEqual({});
      const { username, password } = RabbitMQSink.fromEnv({ amqpUrl: "amqp://own" }, env).explain().options;
      expect([username, password]).toEqual([{ from: "default" }, { from: "default" }]);
    });

    it("give way to RABBITMQ_USERNAME and RABBITMQ_PASSWORD", () => {
      const own = { RABBITMQ_USERNAME: "bea", RABBITMQ_PASSWORD: "pw" };
      expect(sinkOptionsFromEnv({ ...env, ...own })).toMatchObject({ username: "bea", password: "pw" });
    });
  });

  it("take a list of URLs, also where a password has a comma", () => {
    expect(sinkOptionsFromEnv({ RABBITMQ_URL: "amqp://u:a,b@h1, amqp://h2" }).amqpUrl).toEqual([
      "amqp://u:a,b@h1",
      "amqp://h2",
    ]);
  });

  it("that are empty count as not set", () => {
    expect(
      sinkOptionsFromEnv({ RABBITMQ_EXCHANGE: "", RABBITMQ_URL: "", CLOUDAMQP_URL: "amqp://c" }),
    ).toEqual({
      amqpUrl: "amqp://c",
    });
  });

  it("with a bad value are named, all of them", () => {
    const env = {
      RABBITMQ_BATCH_SIZE: "many",
      RABBITMQ_DURABLE: "maybe",
      RABBITMQ_BATCH_TIMEOUT: "100",
      RABBITMQ_HEADERS: "{",
    };
    const error = thrownBy(() => sinkOptionsFromEnv(env));
    expect(error.problems.map(({ option, message }) => `${option}: ${message}`).sort()).toEqual([
      'RABBITMQ_BATCH_SIZE: must be a whole number from 1 to 100,000; got "many"',
      expect.stringMatching("RABBITMQ_BATCH_TIMEOUT: 100 would be 100 s: a number is in seconds"),
      'RABBITMQ_DURABLE: must be true or false; got "maybe"',
      expect.stringMatching("RABBITMQ_HEADERS: is not valid JSON; must be an object"),
    ]);
  });

  it("name the variable also for a URL that cannot be read, and not its password", () => {
    const error = thrownBy(() => RabbitMQSink.fromEnv({}, { CLOUDAMQP_URL: "amqp://u:hunter2@h:x" }));
    expect(error.message).toBe("CLOUDAMQP_URL: the port must be a number from 1 to 65535");
  });

  it("let the broker's own variables be, and warn of one that is nearly ours", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    sinkOptionsFromEnv({
      RABBITMQ_NODENAME: "rabbit@h",
      RABBITMQ_DEFAULT_USER: "u",
      RABBITMQ_PID_FILE: "/x",
    });
    expect(warn).not.toHaveBeenCalled();
    sinkOptionsFromEnv({ RABBITMQ_BATCHSIZE: "5" });
    expect(warn).toHaveBeenCalledWith(
      expect.stringContaining("did you mean RABBITMQ_BATCH_SIZE?"),
      "StreamllWarning",
    );
    warn.mockRestore();
  });

  it("have a name of their own for each option", () => {
    const all = optionNames.flatMap(variablesFor);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("a sink from the environment", () => {
  const env = { RABBITMQ_BATCH_SIZE: "10", RABBITMQ_EXCHANGE: "e" };

  it("says which variable a value comes from", () => {
    const { batchSize, exchange, queue } = RabbitMQSink.fromEnv({ exchange: "f" }, env).explain().options;
    expect(batchSize).toEqual({ value: 10, from: "environment", variable: "RABBITMQ_BATCH_SIZE" });
    expect(exchange).toEqual({ value: "f", from: "option" });
    expect(queue).toEqual({ value: "f", from: "derived" });
  });

  it("is not changed by an override that is undefined", () => {
    expect(RabbitMQSink.fromEnv({ batchSize: undefined }, env).explain().options.batchSize.value).toBe(10);
  });
});

function thrownBy(run: () => unknown): ConfigurationError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
  }
  throw new Error("nothing was thrown");
}
