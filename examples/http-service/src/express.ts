// Run it with: npx tsx src/express.ts amqp://user:pass@localhost:5672/ 3000
import type { AddressInfo } from "node:net";
import { configure, stopOnSignals } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import express from "express";
import { answer } from "./answer.js";

configure({ sinks: [new RabbitMQSink({ amqpUrl: process.argv[2] ?? "amqp://localhost:5672/" })] });
stopOnSignals();

const app = express();
app.get("/answer", async (request, response) => {
  response.json({ answer: await answer(String(request.query.question)) });
});
const server = app.listen(Number(process.argv[3] ?? 3000), "127.0.0.1", () => {
  console.log(`listening on ${(server.address() as AddressInfo).port}`);
});

// Requests in flight are answered, and their events taken. Then the event loop runs empty: the sink delivers, and the
// process ends.
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    server.keepAliveTimeout = 1; // ms: a connection that was answered holds nothing up
    server.close();
  });
}
