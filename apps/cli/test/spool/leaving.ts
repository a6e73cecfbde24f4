import { RabbitMQSink } from "@streamll/sink";

// A program that a test kills: its sink reaches no broker, and its spool keeps what it accepts.
const { directory, from, count, text, exchange } = JSON.parse(process.argv[2]!) as {
  readonly directory: string;
  readonly from: number;
  readonly count: number;
  readonly text: string;
  readonly exchange: string;
};
const sink = new RabbitMQSink({
  amqpUrl: "amqp://user:secret@127.0.0.1:1/",
  exchange,
  spool: directory,
  maxBufferedEvents: 100,
});
await sink.start();
for (let n = from; n < from + count; n++) {
  while (!sink.handleEvent({ eventType: "token", executionId: `run-${n % 7}`, data: { n, text } }))
    await sink.ready();
}
await sink.spooled();
console.log("spooled");
setInterval(() => {}, 1000);
