import { ConfigurationError } from "@streamll/core";
import { BrokerSink, RabbitMQSink } from "@streamll/sink";
import { describe, expect, it } from "vitest";

const problemsOf = (make: () => unknown) => {
  try {
    make();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error("nothing was refused");
};

describe("BrokerSink", () => {
  it("takes the addresses as url, and otherwise every option of RabbitMQSink", () => {
    const { endpoints, options } = new BrokerSink({ url: "memory:broker-sink", batchSize: 7 }).explain();
    expect(endpoints).toEqual(["memory:broker-sink"]);
    expect(options.batchSize).toEqual({ value: 7, from: "option" });
  });

  it("says url where the preset says amqpUrl", () => {
    const bad = ["amqp://h:0/", "amqp://[::1/"];
    const ofBroker = problemsOf(() => new BrokerSink({ url: bad }));
    const ofRabbit = problemsOf(() => new RabbitMQSink({ amqpUrl: bad }));
    expect(ofBroker.map(({ option }) => option)).toEqual(["url", "url"]);
    expect(ofRabbit.map(({ option }) => option)).toEqual(["amqpUrl", "amqpUrl"]);
    expect(JSON.stringify(ofBroker)).not.toContain("amqpUrl");
  });

  it("refuses the name of the preset, and the preset refuses its", () => {
    const ofBroker = problemsOf(() => new BrokerSink({ amqpUrl: "amqp://h/" } as never));
    expect(ofBroker).toEqual([{ option: "amqpUrl", message: "is not an option of BrokerSink; write url" }]);
    expect(problemsOf(() => new RabbitMQSink({ url: "amqp://h/" } as never))).toMatchObject([
      { option: "url" },
    ]);
  });

  it("reads the environment, where overrides win and explain() knows the variable", () => {
    const env = { RABBITMQ_URL: "amqp://one/", RABBITMQ_BATCH_SIZE: "9" };
    const { endpoints, options } = BrokerSink.fromEnv({}, env).explain();
    expect(endpoints).toEqual(["amqp://one:5672/"]);
    expect(options.batchSize).toMatchObject({ value: 9, variable: "RABBITMQ_BATCH_SIZE" });
    expect(BrokerSink.fromEnv({ url: "amqp://two/" }, env).explain().endpoints).toEqual(["amqp://two:5672/"]);
    expect(() => BrokerSink.fromEnv({}, { RABBITMQ_URL: "amqp://h:0/" })).toThrow("RABBITMQ_URL");
  });

  it("is what RabbitMQSink is", async () => {
    const sink = new RabbitMQSink({ amqpUrl: "memory:preset" });
    expect(sink).toBeInstanceOf(BrokerSink);
    expect(await sink.stop()).toMatchObject({ sent: 0 });
  });
});
