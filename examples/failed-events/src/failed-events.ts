import { DeadLetter, EventConsumer, FailedEventConsumer } from "@streamll/consumer";
import { RabbitMQSink } from "@streamll/sink";

/** Pattern 3 of the guide: what expires, or fails for good, goes to `dspy_failed`. */
export const sinkOf = (amqpUrl: string): RabbitMQSink =>
  new RabbitMQSink({
    amqpUrl,
    exchange: "dspy_events",
    routingKey: "dspy.{module_name}.{event_type}",
    queue: false,
    deadLetterExchange: "dspy_failed",
    deadLetterRoutingKey: "failed.{module_name}",
    maxRetries: 3,
    retryBackoffMs: 1000,
  });

/** Bills calls of models; of one whose price is not known it says so, and gives the event up. */
export const billing = (
  amqpUrl: string,
  prices: ReadonlyMap<unknown, number>,
  billed: (line: string) => void,
): EventConsumer =>
  new EventConsumer({
    amqpUrl,
    exchange: "dspy_events",
    queue: "billing",
    bindings: ["dspy.*.llm_end"],
    deadLetterExchange: "dspy_failed",
    handle({ data }) {
      const price = prices.get(data.model);
      if (price === undefined) throw new DeadLetter("NO_PRICE", "there is no price for the model");
      billed(`${data.model}: ${price}`);
    },
  });

/** Alerts, and sends again what may succeed now; the rest stays for people. */
export const failedEvents = (
  amqpUrl: string,
  alert: (line: string) => Promise<void> | void,
): FailedEventConsumer =>
  new FailedEventConsumer({
    amqpUrl,
    deadLetterExchange: "dspy_failed",
    async handle({ moduleName, data }, { code, reason, queue, replayed }) {
      await alert(`${moduleName} in ${queue}: ${code}, ${reason} (${data.model})`);
      return code === "NO_PRICE" && replayed === 0 ? "replay" : "keep";
    },
  });
