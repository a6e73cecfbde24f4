import { EventConsumer } from "@streamll/consumer";
import { RabbitMQSink } from "@streamll/sink";

/** Pattern 2 of the guide: the events of a module go by its own head of the routing key. */
export const sinkOf = (amqpUrl: string, module: string): RabbitMQSink =>
  new RabbitMQSink({
    amqpUrl,
    exchange: "team_events",
    routingKey: `${module}.{event_type}`, // rag.start, rag.end, rag.error
    queue: false, // each team has its own
    deadLetterExchange: `dlx_${module}`,
  });

/** A team reads the events of its module, and has what it cannot handle in `dlx_MODULE.failed`. */
export const teamOf = (amqpUrl: string, module: string, handle: (eventType: string) => void): EventConsumer =>
  new EventConsumer({
    amqpUrl,
    exchange: "team_events",
    queue: `${module}-team`,
    bindings: [`${module}.*`],
    deadLetterExchange: `dlx_${module}`,
    retry: { attempts: 2, backoffMs: 10 },
    handle: ({ eventType }) => handle(eventType),
  });
