// Run it with: npx tsx src/main.ts amqp://user:pass@rabbitmq:5672/production 3000
import { configure, stopOnSignals } from "@streamll/core";
import { meterProvider } from "./metrics.js";
import { productionSink } from "./production.js";
import { service } from "./service.js";

const sink = productionSink(process.argv[2] ?? "amqp://localhost:5672/", { meter: meterProvider });
configure({ sinks: [sink] });
stopOnSignals(); // delivers what the sink holds when an uncaught exception ends the process
sink.on("problem", ({ code, message }) => console.error(`${code}: ${message}`));
sink.on("solved", ({ code }) => console.error(`${code} is over`));

const app = service(sink);
// All interfaces by default: the probes of a cluster and Prometheus come from outside of the pod.
const address = await app.listen({
  host: process.env.HOST ?? "0.0.0.0",
  port: Number(process.argv[3] ?? 3000),
});
console.log(`listening on ${new URL(address).port}`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    app.server.keepAliveTimeout = 1; // ms: a connection that was answered holds nothing up
    await app.close(); // requests in flight are answered, and their events taken
    const { sent, failed, dropped, pending } = await sink.stop();
    await meterProvider.shutdown();
    console.log(`${sent} events delivered, ${failed + dropped + pending} lost`);
  });
}
