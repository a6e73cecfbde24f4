// Run it with: npx tsx src/fastify.ts amqp://user:pass@localhost:5672/ 3000
import { stopOnSignals } from "@streamll/core";
import fastify from "fastify";
import { answer } from "./answer.js";
import { streamll } from "./streamll-plugin.js";

const app = fastify();
app.register(streamll, { amqpUrl: process.argv[2] ?? "amqp://localhost:5672/" });
stopOnSignals(undefined, { signals: [] }); // for what nobody catches: the signals are listened for below

app.get<{ Querystring: { question: string } }>("/answer", async (request) => ({
  answer: await answer(request.query.question),
}));
app.get("/health", async () => {
  const { status, problems } = app.streamll.health();
  return { status, problems: problems.map(({ code }) => code) };
});
const address = await app.listen({ host: "127.0.0.1", port: Number(process.argv[3] ?? 3000) });
console.log(`listening on ${new URL(address).port}`);

// A program that calls process.exit(), as for what else would keep it alive, awaits close() before it.
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    app.server.keepAliveTimeout = 1; // ms: a connection that was answered holds nothing up
    await app.close();
    process.exit();
  });
}
