// Run it with: npx tsx src/fastify.ts amqp://user:pass@localhost:5672/ 3000
import { configure, stopOnSignals } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import fastify from "fastify";
import { answer } from "./answer.js";

const streamll = configure({
  sinks: [new RabbitMQSink({ amqpUrl: process.argv[2] ?? "amqp://localhost:5672/" })],
});
stopOnSignals(); // for what nobody catches

const app = fastify();
app.get<{ Querystring: { question: string } }>("/answer", async (request) => ({
  answer: await answer(request.query.question),
}));
// Called when the requests in flight are answered.
app.addHook("onClose", () => streamll.stop().then(() => {}));
const address = await app.listen({ host: "127.0.0.1", port: Number(process.argv[3] ?? 3000) });
console.log(`listening on ${new URL(address).port}`);

// A program that calls process.exit(), as for what else would keep it alive, awaits stop() before it.
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    app.server.keepAliveTimeout = 1; // ms: a connection that was answered holds nothing up
    await app.close();
    process.exit();
  });
}
