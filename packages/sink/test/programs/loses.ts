// A program without a logger that loses events in the way that its argument names.
import { setTimeout } from "node:timers/promises";
import { configure, instrument } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";

const [way] = process.argv.slice(2) as [string];
const broker =
  way === "waits for room" ? { amqpUrl: "memory:" } : { amqpUrl: "amqp://127.0.0.1:1/", flushTimeout: 0.1 };
const sink = new RabbitMQSink({ ...broker, maxBufferedEvents: 100 });
const warnings: string[] = [];
process.on("warning", ({ name, message }) => warnings.push(`${name}: ${message}`));

const work = instrument(() => {});

switch (way) {
  case "calls": {
    configure({ sinks: [sink] });
    for (let call = 0; call < 500; call++) work();
    await setTimeout(50);
    console.log(JSON.stringify(warnings));
    console.log(JSON.stringify(await sink.stop()));
    break;
  }
  case "process.exit()":
    for (let i = 0; i < 150; i++) sink.handleEvent({ eventType: "token" });
    process.exit(3);
    break;
  case "an exception":
    sink.handleEvent({ eventType: "token" });
    throw new Error("boom");
  case "waits for room": {
    for (let i = 0; i < 1000; i++) while (!sink.handleEvent({ eventType: "token" })) await sink.ready();
    await sink.stop();
  }
}
