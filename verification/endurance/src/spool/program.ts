import { openSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { RabbitMQSink } from "@streamll/sink";
import { executionOf, type SpoolSetup } from "./messages.js";

const setup = JSON.parse(process.argv[2]!) as SpoolSetup;
const { url, name, isStream, directory, from, isLast } = setup;
const ledger = openSync(setup.ledger, "a");
const sink = new RabbitMQSink({
  amqpUrl: url,
  ...(isStream ? { useStreams: true, stream: name } : { exchange: "", routingKey: name, queue: name }),
  spool: directory,
  // So small that most of an outage is on the disk alone.
  maxBufferedEvents: 500,
  circuitBreaker: false,
  retryBackoffMs: 50,
  maxRetryBackoffMs: 200,
  flushTimeout: isLast ? 300 : 5,
});
await sink.start();
console.log("started");
if (isLast) {
  let left = await sink.flush();
  while (left.pending + (left.spooled ?? 0) > 0) left = await sink.flush();
  console.log(JSON.stringify({ ...(await sink.stop()), ...sink.stats() }));
  process.exit(0);
}

const padding = "x".repeat(300);
/** What this turn has accepted, and what was answered in it: both are on disk once the turn has ended. */
let lines: string[] = [];
const endTurn = () =>
  setImmediate(async () => {
    const ended = lines.join("");
    lines = [];
    // Where the disk is slow, the end of the turn promises nothing.
    if (sink.health().problems.some(({ code }) => code === "SPOOL_SLOW")) await sink.spooled();
    writeSync(ledger, ended);
  });

for (let index = from; ; ) {
  const burst = 1 + Math.floor(Math.random() * 40);
  for (let n = 0; n < burst; n++, index++) {
    const event = { eventType: "token", executionId: executionOf(index), data: { index, padding } };
    if (index % 20 === 0) {
      const answered = index;
      sink.publish(event).then(
        () => {
          lines.push(`answered ${answered}\n`);
          endTurn();
        },
        () => {},
      );
      continue;
    }
    if (!sink.handleEvent(event)) break;
    lines.push(`accepted ${index}\n`);
  }
  endTurn();
  await pause(Math.random() * 8);
}
