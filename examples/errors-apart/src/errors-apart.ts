import { EventConsumer } from "@streamll/consumer";
import { type Configured, configure, instrument } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";

/** Pattern 1 of the guide: errors have a routing key and a priority of their own. */
export const recordErrorsApart = (amqpUrl: string): Configured =>
  configure({
    sinks: [
      new RabbitMQSink({
        amqpUrl,
        exchange: "dspy_events",
        routingKey: "errors.{module_name}", // errors.RAGModule
        queuePriority: 10,
        eventFilter: ["error"],
      }),
      new RabbitMQSink({
        amqpUrl,
        exchange: "dspy_events",
        routingKey: "events.{module_name}", // events.RAGModule
        queuePriority: 1,
        eventFilter: ["start", "end"],
      }),
    ],
  });

/** The team on call reads everything, and errors before all else that waits. */
export const onCall = (amqpUrl: string, told: (line: string) => void): EventConsumer =>
  new EventConsumer({
    amqpUrl,
    exchange: "dspy_events",
    queue: "on-call",
    bindings: ["errors.#", "events.#"],
    queueArguments: { "x-max-priority": 10 },
    // What was handed over already is overtaken by nothing.
    prefetch: 1,
    handlers: {
      error: ({ moduleName, data }) => told(`ALERT ${moduleName}: ${data.error_message}`),
      "*": ({ moduleName, eventType }) => told(`${moduleName} ${eventType}`),
    },
  });

class RAGModule {
  async forward(question: string): Promise<string> {
    if (question === "") throw new RangeError("no question");
    return `an answer to ${question}`;
  }
}

/** The program that is watched: its second call fails. */
export async function program(): Promise<void> {
  const rag = instrument(new RAGModule());
  await rag.forward("why?");
  await rag.forward("").catch(() => {});
}
