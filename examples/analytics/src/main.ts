// Run it with: npx tsx src/main.ts amqp://user:pass@localhost:5672/analytics 100000
import { stopOnSignals } from "@streamll/core";
import { analyticsSink, emit } from "./analytics.js";

const events = Number(process.argv[3] ?? 100_000);
const sink = analyticsSink(process.argv[2] ?? "amqp://localhost:5672/");
stopOnSignals(sink);
sink.on("problem", ({ code, message }) => console.error(`${code}: ${message}`));
sink.on("solved", ({ code }) => console.error(`${code} is over`));

await sink.start();
const startedAt = performance.now();
await emit(sink, events);
const { sent, failed, dropped } = await sink.stop();
const seconds = (performance.now() - startedAt) / 1000;
console.error(`${Math.round(sent / seconds).toLocaleString("en")} events a second`);
console.log(`${sent} events in the stream, ${failed + dropped} missing`);
process.exitCode = failed + dropped === 0 ? 0 : 1;
