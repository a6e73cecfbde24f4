// Run it with: npx tsx src/main.ts redis-streams://localhost:6379/ 100000
import { stopOnSignals } from "@streamll/core";
import { BrokerSink } from "@streamll/sink";
import { redisTransport } from "./redis-transport.js";

const [url = "redis-streams://localhost:6379/", count = "1000"] = process.argv.slice(2);
const sink = new BrokerSink({ url, exchange: "events", transports: [redisTransport] });
stopOnSignals(sink);
sink.on("problem", ({ code, message }) => console.error(`${code}: ${message}`));

await sink.start();
for (let number = 1; number <= Number(count); number++) {
  const event = {
    executionId: `run-${number % 100}`,
    eventType: "token",
    operation: "answer",
    data: { number },
  };
  while (!sink.handleEvent(event)) await sink.ready();
  // A loop that never lets go of the event loop sends nothing.
  if (number % 500 === 0) await new Promise(setImmediate);
}
const { sent, failed, dropped } = await sink.stop();
console.log(`${sent} events in the stream, ${failed + dropped} missing`);
process.exitCode = failed + dropped === 0 ? 0 : 1;
