// Run it with: npx tsx src/main.ts            (a broker on this machine)
//          or: npx tsx src/main.ts memory:    (no broker at all)
import { configure } from "@streamll/core";
import { MemoryBroker } from "@streamll/transport-memory";
import { answer, developmentSink } from "./development.js";

const url = process.argv[2] ?? "amqp://localhost:5672/";
const streamll = configure({ sinks: [developmentSink(url)] });
console.log(await answer("What is RabbitMQ?"));
const [report] = await streamll.stop();
console.log(`${report?.sent} events sent`);
// A broker in the process itself can be looked into.
if (url === "memory:") {
  for (const { routingKey } of MemoryBroker.named("").consume("streamll_events")) console.log(routingKey);
}
