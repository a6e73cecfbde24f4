import { DeadLetter, EventConsumer, RetryLater } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { MemoryBroker } from "@streamll/transport-memory";
import { pointsOf, program, type Sdk, scopesOf, spansOf } from "../../../sink/test/otel/sdk.js";

export const publisher = program("b7ad6b7169203331");

/** A request sends three events: one is handled, one in its second try, and one is given up. */
export async function play({ meterProvider, tracerProvider, context, setSpanContext, ...sdk }: Sdk) {
  const transport = new MemoryBroker().transport();
  const consumer = new EventConsumer({
    transport,
    exchange: "events",
    queue: "team",
    deadLetterExchange: "failed",
    meter: meterProvider,
    tracer: tracerProvider,
    retry: { attempts: 2, backoffMs: 1 },
    logger: silentLogger,
    handlers: {
      async fine() {
        await null;
        tracerProvider.getTracer("program").startSpan("bill").end();
      },
      async later(_, { attempt }) {
        if (attempt === 1) throw new RetryLater(1);
      },
      never() {
        throw new DeadLetter("NO_TOKENS", "the event has no tokens");
      },
    },
  });
  await consumer.start();
  const sink = new RabbitMQSink({ transport, exchange: "events", queue: false });
  await sink.start();
  context.with(setSpanContext(context.active(), publisher), () => {
    for (const eventType of ["fine", "later", "never"])
      sink.handleEvent({ eventType, eventId: `event-${eventType}`, executionId: "run" });
  });
  await sink.stop();
  const isOver = () => consumer.stats().events_handled + consumer.stats().events_dead_lettered === 3;
  while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 5));
  await meterProvider.forceFlush();
  const running = pointsOf(sdk.metrics());
  await consumer.stop();
  await meterProvider.forceFlush();
  await tracerProvider.forceFlush();
  const spans = sdk.spans();
  const bill = spans.find(({ name }) => name === "bill")?.parentSpanContext?.spanId;
  const [fine] = spans.filter(({ kind }) => kind === 4) as unknown as { spanContext(): { spanId: string } }[];
  return {
    running,
    stopped: pointsOf(sdk.metrics()),
    spans: spansOf(spans.filter(({ name }) => name !== "bill")),
    scopes: scopesOf(sdk.metrics()),
    /** Whether the span of the program within a handler is below that of its try. */
    isBelow: bill !== undefined && bill === fine?.spanContext().spanId,
  };
}

export type Played = Awaited<ReturnType<typeof play>>;
