import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";

/** Recipe 2 of the guide: the defaults are made for production. */
export const productionSink = (
  amqpUrl: string,
  { meter }: Pick<RabbitMQSinkOptions, "meter"> = {},
): RabbitMQSink =>
  new RabbitMQSink({
    amqpUrl,
    exchange: "observability",
    routingKey: "app.{module_name}.{event_type}",
    meter,
  });
