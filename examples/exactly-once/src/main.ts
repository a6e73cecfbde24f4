// Run it with: npx tsx src/main.ts rabbitmq-stream://localhost:5552/ orders.ndjson
import { importLines, importSink } from "./import.js";

const [url = "rabbitmq-stream://localhost:5552/", file = "orders.ndjson", name = "orders-import"] =
  process.argv.slice(2);
const sink = importSink(url, name);
sink.on("problem", ({ code, message }) => console.error(`${code}: ${message}`));

const lines = await importLines(sink, file);
const { failed, dropped, pending } = await sink.stop();
console.log(`${lines} lines, ${failed + dropped + pending} missing`);
process.exitCode = failed + dropped + pending === 0 ? 0 : 1;
