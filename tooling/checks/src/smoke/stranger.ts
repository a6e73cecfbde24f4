// A stranger's program, as the smoke test puts it into an empty project: written once, compiled as an ES module and
// as CommonJS, and run against the packed packages.
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import {
  ConfigurationError,
  createEvent,
  DeliveryError,
  InvalidEventError,
  silentLogger,
  TransportError,
  type TransportOptions,
} from "@streamll/core";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";
import { amqp091Transport } from "@streamll/transport-amqp091";
import { MemoryBroker } from "@streamll/transport-memory";
import { streamsTransport } from "@streamll/transport-streams";

async function main(): Promise<void> {
  const own = new MemoryBroker();
  await deliver({ transport: own.transport() }, own);
  // By its URL, the sink itself loads the transport's package.
  await deliver({ amqpUrl: "memory:smoke" }, MemoryBroker.named("smoke"));
  await loadByUrl();
  await connectToNobody();
  await knowErrors();
  console.log("events sent and read on memory, each transport loaded");
}

async function deliver(options: RabbitMQSinkOptions, broker: MemoryBroker): Promise<void> {
  const sink = new RabbitMQSink(options);
  const sent = Array.from({ length: 10 }, (_, index) =>
    createEvent({ executionId: "one", eventType: "step", data: { index } }),
  );
  for (const event of sent) equal(sink.handleEvent(event), true);
  const report = await sink.stop();
  equal(report.sent, 10);
  const arrived = broker.consume("streamll_events").map(({ body }) => JSON.parse(body.toString()));
  deepEqual(
    arrived.map(({ data }) => data.index),
    sent.map(({ data }) => data.index),
  );
}

const nobody = { host: "127.0.0.1", port: 1 };

/** A broker that is not there is tried again; a package that is not there would be an error. */
async function loadByUrl(): Promise<void> {
  for (const scheme of ["amqp", "rabbitmq-stream"]) {
    const amqpUrl = `${scheme}://${nobody.host}:${nobody.port}/`;
    const sink = new RabbitMQSink({ amqpUrl, logger: silentLogger });
    await sink.start();
    await sink.stop();
  }
}

async function connectToNobody(): Promise<void> {
  const options: TransportOptions = {
    confirms: true,
    message: {
      exchange: "x",
      contentType: "application/json",
      appId: "app",
      persistent: true,
      mandatory: false,
    },
    topology: { mode: "none", exchanges: [], queues: [], bindings: [] },
    connectionTimeoutMs: 5000,
    heartbeatMs: 0,
    connectionName: "stranger",
    own: {},
    logger: silentLogger,
  };
  const endpoint = { ...nobody, scheme: "amqp", path: "", query: {}, label: "amqp://127.0.0.1:1/" };
  for (const factory of [amqp091Transport, streamsTransport]) {
    const connecting = factory.create(options).connect(endpoint, { index: 0 }, AbortSignal.timeout(10_000));
    await rejects(connecting, (error) => {
      ok(error instanceof TransportError);
      equal(error.kind, "unreachable");
      return true;
    });
  }
}

/** Every package has them of the same copy of the core. */
async function knowErrors(): Promise<void> {
  const amqpUrl = `rabbitmq-stream://${nobody.host}:${nobody.port}/`;
  // Found by the transport's own table, which is built into the sink's packages.
  const isConfigurationError = (error: unknown) => error instanceof ConfigurationError;
  throws(() => new RabbitMQSink({ amqpUrl, streamMaxAgeHours: "soon" }), isConfigurationError);
  throws(() => new RabbitMQSink({ amqpUrl, queueArguments: { "x-max-age": "soon" } }), isConfigurationError);
  const sink = new RabbitMQSink({ amqpUrl, logger: silentLogger });
  await rejects(sink.publish({} as never), (error) => error instanceof InvalidEventError);
  await sink.stop();
  await rejects(sink.publish({ eventType: "step" }), (error) => error instanceof DeliveryError);
}

void main();
