import { factoriesIn, optionsFromEnv, overEnvironment, rowsWith } from "@streamll/connection/internal";
import type { RabbitMQSinkOptions } from "./sink-options.js";
import { allRows, table } from "./table.js";

/**
 * The options that environment variables set: `RABBITMQ_` and the option's name, so `RABBITMQ_BATCH_SIZE` is
 * `batchSize`; `RABBITMQ_URL`, `AMAZON_MQ_URL` and `CLOUDAMQP_URL` are `amqpUrl`. `AMAZON_MQ_USERNAME` and
 * `AMAZON_MQ_PASSWORD` go with `AMAZON_MQ_URL` alone. An empty variable counts as not set. Variables of the broker's
 * own (`RABBITMQ_NODENAME`) are left alone; one that is a letter or two away from a name of ours is warned of by
 * `process.emitWarning`.
 *
 * @throws ConfigurationError that names each variable with a bad value.
 * @example
 * const sink = new RabbitMQSink({ ...sinkOptionsFromEnv(), batchSize: 100 });
 */
export const sinkOptionsFromEnv = (env: NodeJS.ProcessEnv = process.env): RabbitMQSinkOptions =>
  optionsFromEnv(allRows, env);

/** What the environment sets, also of options that transports in `overrides` bring, with `overrides` on top. */
export const overSinkEnvironment = <Options extends object>(
  overrides: Options,
  env: NodeJS.ProcessEnv,
): Options =>
  overEnvironment(
    rowsWith(table, factoriesIn(overrides as Readonly<Record<string, unknown>>)),
    overrides,
    env,
  );
