import { BrokerSink } from "./broker-sink.js";
import { overEnvironment } from "./options/environment.js";
import type { RabbitMQSinkOptions } from "./options/sink-options.js";

/**
 * {@link BrokerSink} by the names of the RabbitMQ guide: its addresses are `amqpUrl`. All else is the same, on every
 * broker.
 *
 * @throws ConfigurationError at construction, listing everything that is wrong with the options.
 * @example
 * const sink = new RabbitMQSink({ amqpUrl: "amqp://localhost:5672/" });
 * sink.handleEvent({ eventType: "start", operation: "answer" });
 * await sink.stop();
 */
export class RabbitMQSink extends BrokerSink {
  protected static override readonly urlOption = "amqpUrl";

  constructor(options: RabbitMQSinkOptions = {}) {
    super(options);
  }

  /**
   * A sink by what environment variables say; `overrides` win.
   *
   * @throws ConfigurationError that names the variable with a bad value.
   */
  static override fromEnv(
    overrides: RabbitMQSinkOptions = {},
    env: NodeJS.ProcessEnv = process.env,
  ): RabbitMQSink {
    return new RabbitMQSink(overEnvironment(overrides, env));
  }
}
