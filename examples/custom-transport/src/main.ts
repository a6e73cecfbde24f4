// Run it with: npx tsx src/main.ts /tmp/events.ndjson
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { BrokerSink } from "@streamll/sink";
import { ndjsonTransport } from "./ndjson-transport.js";

const file = resolve(process.argv[2] ?? "events.ndjson");
const sink = new BrokerSink({
  url: pathToFileURL(file).href.replace(/^file:/, "ndjson:"),
  transports: [ndjsonTransport],
});

await sink.start();
for (let number = 1; number <= 1000; number++) {
  const event = { executionId: "run-1", eventType: "token", operation: "answer", data: { number } };
  while (!sink.handleEvent(event)) await sink.ready();
}
const { sent, failed, dropped } = await sink.stop();
console.log(`${sent} events in ${file}, ${failed} failed, ${dropped} dropped`);
process.exitCode = failed + dropped === 0 ? 0 : 1;
