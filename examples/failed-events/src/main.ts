// Run it with: npx tsx src/main.ts            (a broker on this machine)
//          or: npx tsx src/main.ts memory:    (no broker at all)
import { DeadLetters } from "@streamll/consumer";
import { billing, failedEvents, sinkOf } from "./failed-events.js";

const url = process.argv[2] ?? "amqp://localhost:5672/";
const prices = new Map<unknown, number>();
const consumer = billing(url, prices, (line) => console.log(`billed ${line}`));
const failed = failedEvents(url, (line) => {
  console.log(`ALERT ${line}`);
  prices.set("a-new-model", 3); // somebody reads the alert, and enters the price
});
const sink = sinkOf(url);
await Promise.all([consumer.start(), failed.start()]);
for (const model of ["a-new-model", "a-lost-model"])
  await sink.publish({ eventType: "llm_end", moduleName: "RAG", data: { model } });
while (consumer.stats().events_handled < 1 || failed.stats().events_kept < 1)
  await new Promise((resolve) => setTimeout(resolve, 10));
await Promise.all([failed.stop(), consumer.stop(), sink.stop()]);

const letters = new DeadLetters({ amqpUrl: url, deadLetterExchange: "dspy_failed" });
for (const { code, module, replayed } of (await letters.list()).letters)
  console.log(`kept: ${module} ${code}, replayed ${replayed} times`);
console.log(`purged ${(await letters.purge({ code: "NO_PRICE" })).purged}`);
