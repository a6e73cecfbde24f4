import type { TransportFactory } from "@streamll/core";
import { BrokerSink } from "./broker-sink.js";
import { overSinkEnvironment } from "./options/environment.js";
import type { BrokerSinkOptions, RabbitMQSinkOptions } from "./options/sink-options.js";

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
export class RabbitMQSink<Factory extends TransportFactory = TransportFactory> extends BrokerSink<Factory> {
  protected static override readonly urlOption = "amqpUrl";
  protected static override readonly className = "RabbitMQSink";

  constructor(options: RabbitMQSinkOptions<Factory> = {} as RabbitMQSinkOptions<Factory>) {
    super(options as BrokerSinkOptions<Factory>);
  }

  /**
   * A sink with the options that environment variables set; `overrides` win.
   *
   * @throws ConfigurationError that names the variable with a bad value.
   */
  static override fromEnv<Factory extends TransportFactory = TransportFactory>(
    overrides: RabbitMQSinkOptions<Factory> = {} as RabbitMQSinkOptions<Factory>,
    env: NodeJS.ProcessEnv = process.env,
  ): RabbitMQSink {
    return new RabbitMQSink(overSinkEnvironment(overrides, env));
  }
}
