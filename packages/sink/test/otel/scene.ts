import { MemoryBroker } from "@streamll/transport-memory";
import { RabbitMQSink } from "../../src/index.js";
import { pointsOf, program, type Sdk, scopesOf, spansOf } from "./sdk.js";

const spanIds = ["b7ad6b7169203331", "00f067aa0ba902b7"];

/** Two requests send events in one batch, of which the broker refuses one, twice. */
export async function play({ meterProvider, tracerProvider, context, setSpanContext, ...sdk }: Sdk) {
  const broker = new MemoryBroker();
  const sink = new RabbitMQSink({
    transport: broker.transport(),
    meter: meterProvider,
    tracer: tracerProvider,
    retryBackoffMs: 1,
    maxRetries: 1,
    maxBufferedEvents: 500,
  });
  broker.faults.nack(({ type }) => type === "refused");
  await sink.start();
  for (const spanId of spanIds) {
    context.with(setSpanContext(context.active(), program(spanId)), () => {
      sink.handleEvent({ eventType: "start" });
      sink.handleEvent({ eventType: spanId === spanIds[0] ? "end" : "refused" });
    });
  }
  await sink.flush();
  await meterProvider.forceFlush();
  const running = pointsOf(sdk.metrics());
  broker.faults.heal();
  sink.handleEvent({ eventType: "late" });
  await sink.stop();
  await meterProvider.forceFlush();
  await tracerProvider.forceFlush();
  const stopped = pointsOf(sdk.metrics());
  const spans = spansOf(sdk.spans());
  const scopes = scopesOf(sdk.metrics());
  return { running, stopped, spans, scopes };
}

export type Played = Awaited<ReturnType<typeof play>>;
