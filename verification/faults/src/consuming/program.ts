// A program with a consumer, in a process of its own.
import { appendFileSync } from "node:fs";
import { EventConsumer } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import { behaviourNamed } from "./behaviours.js";
import type { ConsumerCommand, ConsumerSaid, ConsumerSetup } from "./messages.js";

const SAMPLE_MS = 50;

const { options, behaviour, file, proxyPort } = await new Promise<ConsumerSetup>((resolve) =>
  process.once("message", resolve),
);
process.on("uncaughtExceptionMonitor", (error) =>
  tell({ kind: "uncaught", text: String(error?.stack ?? error) }),
);
process.on("warning", ({ name, message }) => tell({ kind: "warning", text: `${name}: ${message}` }));

const handled = (index: number) => appendFileSync(file, `${index}\n`);
const chosen = behaviourNamed(behaviour, { handled, file });
const consumer = new EventConsumer({
  ...options,
  ...("handler" in chosen && { handle: chosen.handler }),
  ...(proxyPort !== undefined && { streamAddressResolver: () => ({ host: "127.0.0.1", port: proxyPort }) }),
  logger: silentLogger,
});
for (const name of ["connected", "disconnected", "failed", "deadLettered", "problem", "solved"] as const)
  consumer.on(name, (info: object) => {
    const { code, reason, error } = info as { code?: string; reason?: string; error?: { code?: string } };
    tell({ kind: "event", name, code: code ?? reason ?? error?.code ?? "" });
  });
const sample = () =>
  tell({ kind: "sample", health: consumer.health(), received: consumer.stats().events_received });
setInterval(sample, SAMPLE_MS).unref();
process.on("message", (command: ConsumerCommand) => {
  if (command.do === "stop") void stop();
});
if ("loop" in chosen) void chosen.loop(consumer);
else await consumer.start();
tell({ kind: "started" });

async function stop(): Promise<void> {
  const startedAt = performance.now();
  const report = await consumer.stop();
  await tell({ kind: "stopped", report, drainMs: performance.now() - startedAt });
  // From here on nothing but what the consumer left behind keeps the process alive.
  process.disconnect?.();
}

/** Resolves when it is on its way: what is long would get lost by an end before. */
function tell(said: ConsumerSaid): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(said, undefined, undefined, () => resolve());
    else resolve();
  });
}
