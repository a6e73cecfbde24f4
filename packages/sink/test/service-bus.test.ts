import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { describe, expect, it } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { problemsOf } from "./problems.js";

const host = "ns.servicebus.windows.net";
const amqpUrl = `Endpoint=sb://${host}/;SharedAccessKeyName=Send;SharedAccessKey=a+b/c=`;
const credential = { getToken: async () => ({ token: "t", expiresOnTimestamp: 0 }) };

const explained = (options: RabbitMQSinkOptions) => new RabbitMQSink(options).explain();

describe("a connection string", () => {
  it.each([
    ["Endpoint=sb://", "its Endpoint must be sb://HOST/"],
    [`Endpoint=sb://${host};SharedAccessKey=k`, "require each other"],
    [`${amqpUrl};SharedAccessSignature=s`, "replaces SharedAccessKeyName"],
    [`${amqpUrl};Colour=blue`, "it has an unknown part; allowed are Endpoint"],
    [`${amqpUrl};blue`, "it has an unknown part; allowed are Endpoint"],
    [`${amqpUrl};TransportType=NetMessaging`, "its TransportType must be AmqpTcp or AmqpWebSockets"],
    [`${amqpUrl};Authentication=Managed Identity`, 'write authProvider: "azure_managed_identity"'],
    [`${amqpUrl};OperationTimeout=00:01:00`, "leave OperationTimeout out"],
    ["SharedAccessKeyName=Send;SharedAccessKey=a+b/c=", "its Endpoint must be sb://HOST/"],
    [`SharedAccessKey=a+b/c=;Endpoint=amqp://${host}`, "its Endpoint must be sb://HOST/"],
    [`${amqpUrl};EntityPath=a;EntityPath=b`, "it has EntityPath twice"],
  ])("%s is refused, and the key is not shown", (text, message) => {
    const problems = problemsOf({ amqpUrl: text, routingKey: "q" });
    expect(problems.join()).toContain(message);
    expect(problems.join()).not.toContain("a+b/c=");
  });

  it("asks for a web socket by its TransportType, unless the option says otherwise", () => {
    const of = (text: string, options: RabbitMQSinkOptions = {}) =>
      explained({ amqpUrl: `${text};${amqpUrl}`, routingKey: "q", ...options });
    const { endpoints, options } = of("TransportType=AmqpWebSockets");
    expect(endpoints).toEqual([`amqps://Send:***@${host}:443/`]);
    expect(options.webSocket).toEqual({ value: true, from: "URL" });
    for (const explanation of [
      of("TransportType=AmqpWebSockets", { webSocket: false }),
      of("TransportType=Amqp"),
      of("transporttype = amqptcp "),
    ]) {
      expect(explanation.endpoints).toEqual([`amqps://Send:***@${host}:5671/`]);
      expect(explanation.options.webSocket.value).toBe(false);
    }
  });

  it("stands alone, and shows no key", () => {
    expect(problemsOf({ amqpUrl: [amqpUrl, amqpUrl], routingKey: "q" })[0]).toContain("must be the only URL");
    const explanation = explained({ amqpUrl, routingKey: "q" });
    expect(explanation.endpoints).toEqual([`amqps://Send:***@${host}:5671/`]);
    expect(explanation.options.amqpUrl.value).toEqual([`amqps://Send:***@${host}/`]);
    expect(JSON.stringify(explanation)).not.toContain("a+b/c=");
  });
});

describe("what speaks to Azure Service Bus", () => {
  it.each<[string, RabbitMQSinkOptions]>([
    ["a connection string", { amqpUrl }],
    ["a URL of its own scheme", { amqpUrl: `sb://${host}`, credential }],
    ["a host of it", { amqpUrl: `amqps://Send:key@${host}` }],
    ["a host of it, with the version said", { amqpUrl: `amqps://Send:key@${host}`, amqpVersion: "1.0" }],
    ["an identity", { amqpUrl: "amqps://sb.example.org", authProvider: "azure_managed_identity" }],
    ["an option of it", { amqpUrl: "amqps://Send:key@sb.example.org", sessionId: "{execution_id}" }],
  ])("%s", (_, options) => {
    expect(explained({ routingKey: "q", ...options }).transport).toBe("service-bus");
  });

  it("is reached with TLS, on the port of web sockets where those are asked for", () => {
    const at = (options: RabbitMQSinkOptions) => explained({ routingKey: "q", ...options }).endpoints[0];
    expect(at({ amqpUrl: `amqp://Send:key@${host}` })).toBe(`amqps://Send:***@${host}:5671/`);
    expect(at({ amqpUrl, webSocket: true })).toBe(`amqps://Send:***@${host}:443/`);
    expect(at({ amqpUrl: `sb://Send:key@${host}:5700` })).toBe(`amqps://Send:***@${host}:5700/`);
    expect(explained({ amqpUrl, routingKey: "q" }).provider).toBe("Azure Service Bus");
  });

  it.each<[string, RabbitMQSinkOptions, string]>([
    ["no namespace", { routingKey: "q", credential }, "amqpUrl: names no namespace"],
    ["no key", { amqpUrl: `amqps://${host}`, routingKey: "q" }, "amqpUrl: there is no key"],
    ["a key and an identity", { amqpUrl, routingKey: "q", credential }, "credential: a key and an identity"],
    ["no queue", { amqpUrl }, "routingKey: names the queue or topic"],
    ["two queues", { amqpUrl: `${amqpUrl};EntityPath=a`, exchange: "b" }, 'exchange: amqpUrl names "a"'],
    ["a queue to declare", { amqpUrl, routingKey: "q", queueType: "quorum" }, "queueType: the transport"],
    ["a priority", { amqpUrl, routingKey: "q", queuePriority: 1 }, "queuePriority: the transport"],
    ["mandatory", { amqpUrl, routingKey: "q", mandatory: true }, "mandatory: the transport"],
    [
      "another version",
      { amqpUrl, routingKey: "q", amqpVersion: "0-9-1" },
      "amqpVersion: the transport service-bus does not speak AMQP 0-9-1",
    ],
    ["another place", { amqpUrl: "memory:", routingKey: "q", webSocket: true }, "amqpUrl: memory: is not"],
    [
      "a partition key that is not the session",
      { amqpUrl, routingKey: "q", sessionId: "{execution_id}", partitionKey: "{module_name}" },
      "partitionKey: the service refuses an event whose partition key is not its session",
    ],
    [
      "no TLS",
      { amqpUrl, routingKey: "q", ssl: false },
      "ssl: is false, but Azure Service Bus takes TLS only",
    ],
    [
      "streams",
      { amqpUrl, routingKey: "q", useStreams: true },
      "useStreams: Azure Service Bus has no streams",
    ],
  ])("refuses %s", (_, options, problem) => {
    expect(problemsOf({ ...options })).toContainEqual(expect.stringContaining(problem));
  });

  it("takes a partition key that is the session", () => {
    const keys = { sessionId: "{execution_id}", partitionKey: "{execution_id}" };
    expect(problemsOf({ amqpUrl, routingKey: "q", ...keys })).toEqual([]);
  });

  it("refuses an agent that is none", () => {
    expect(problemsOf({ amqpUrl, routingKey: "q", webSocket: { proxy: "x" } })[0]).toContain("webSocket");
  });
});

describe("where events go on Azure Service Bus", () => {
  const send = async (options: RabbitMQSinkOptions) => {
    const bus = await startFakeServiceBus({
      entities: ["events", "q-start", "q-end", { name: "ordered", sessions: true }],
    });
    const sink = new RabbitMQSink({ amqpUrl: bus.connectionString, ...options });
    for (const eventType of ["start", "end"])
      sink.handleEvent({ eventType, operation: "answer", executionId: "run-1" });
    const { sent } = await sink.stop();
    await bus.close();
    expect(sent).toBe(2);
    return bus;
  };

  it("a constant routing key names the queue, and the type is the subject", async () => {
    const bus = await send({
      exchange: "",
      routingKey: "events",
      messageTtl: 3600,
      headers: { team: "rag" },
    });
    expect(bus.received("events").map(({ message }) => message)).toMatchObject(
      ["start", "end"].map((subject) => ({
        subject,
        ttl: 3_600_000,
        durable: true,
        correlation_id: "run-1",
        application_properties: { event_type: subject, team: "rag", app_id: "streamll" },
      })),
    );
    expect(bus.transfers).toHaveLength(1);
  });

  it("a template names a queue for each event", async () => {
    const bus = await send({ routingKey: "q-{event_type}" });
    for (const queue of ["q-start", "q-end"]) expect(bus.received(queue)).toHaveLength(1);
  });

  it("an exchange names the topic, and the routing key is the subject", async () => {
    const bus = await send({ exchange: "events" });
    expect(bus.received("events").map(({ message }) => message.subject)).toEqual([
      "streamll.start.answer",
      "streamll.end.answer",
    ]);
  });

  it("the session and the partition key are those of the templates", async () => {
    const bus = await send({
      routingKey: "ordered",
      sessionId: "{execution_id}",
      partitionKey: "{execution_id}",
    });
    expect(bus.received("ordered").map(({ message }) => message)).toMatchObject(
      [1, 2].map(() => ({
        group_id: "run-1",
        message_annotations: { "x-opt-partition-key": "run-1" },
      })),
    );
  });
});
