// Run it with: AZURE_SERVICEBUS_CONNECTION_STRING="Endpoint=sb://…" npx tsx src/main.ts dspy-events
import { configure, trace } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";

const sink = RabbitMQSink.fromEnv({ routingKey: process.argv[2] ?? "dspy-events" });
const streamll = configure({ sinks: [sink] });
await trace("answer", () => "42");
const [report] = await streamll.stop();
console.log(`${report?.sent} events sent`);
