// A program that hands events over and ends in the way that its argument names.
import { configure, emit, instrument, stopOnSignals } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";

const [url, name, way] = process.argv.slice(2) as [string, string, string];
const sink = new RabbitMQSink({ amqpUrl: url, exchange: name, queue: name, routingKey: "app.{event_type}" });

const handOver = (count: number) => {
  for (let i = 0; i < count; i++) sink.handleEvent({ eventType: "token", data: { i } });
};

const ways: Record<string, () => unknown> = {
  "without stop()": () => handOver(1000),
  "after flush()": async () => {
    handOver(1000);
    await sink.flush();
  },
  "after publish()": async () => {
    handOver(999);
    await sink.publish({ eventType: "token" });
  },
  idle: async () => {
    await sink.start();
    console.log("started");
  },
  "with a listener of beforeExit": () => void process.on("beforeExit", () => handOver(1000)),
  "with recorded listeners of beforeExit": async () => {
    configure({ sinks: [sink] });
    const save = instrument(async function save() {
      await null;
      emit("saved");
    });
    process.on("beforeExit", save);
    process.prependListener("beforeExit", () => emit("first"));
    handOver(996);
  },
  "by SIGTERM": async () => {
    stopOnSignals([sink]);
    await sink.start();
    setInterval(() => {}, 1000);
    handOver(1000);
    console.log("started");
  },
};

await ways[way]!();
