import { ConfigurationError, type Logger } from "@streamll/core";
import { overEnvironment } from "./options/environment.js";
import type { RabbitMQSinkOptions } from "./options/sink-options.js";
import { type Plan, resolve } from "./resolve.js";

/** What the option of the broker's addresses is called: by {@link BrokerSink} `url`, by the preset `amqpUrl`. */
export type UrlOption = "url" | "amqpUrl";

/** The options of {@link BrokerSink}: those of {@link RabbitMQSink}, with `url` for `amqpUrl`. */
export interface BrokerSinkOptions extends Omit<RabbitMQSinkOptions, "amqpUrl"> {
  /** URL of the broker, or a list of URLs of one cluster. Default `amqp://guest:guest@localhost:5672/`. */
  readonly url?: string | readonly string[] | undefined;
}

/**
 * Resolves options in which the addresses go by that name; what is said of them says the same name.
 *
 * @throws as {@link resolve}.
 */
export function resolveNamed(options: BrokerSinkOptions, urlOption: UrlOption, logger: Logger): Plan {
  if (urlOption === "amqpUrl" || typeof options !== "object" || options === null)
    return resolve(options, logger);
  const said = (text: string) => text.replaceAll("amqpUrl", "url");
  if ("amqpUrl" in options)
    throw new ConfigurationError([{ option: "amqpUrl", message: "is no option of BrokerSink; write url" }]);
  try {
    const plan = resolve(renamed(options, "url", "amqpUrl"), logger);
    return { ...plan, warnings: plan.warnings.map(said) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map(({ option, message }) => ({
      option: said(option),
      message: said(message),
    }));
    throw new ConfigurationError(problems, { cause: error.cause });
  }
}

/** A copy in which a property has another name, with what does not show, too: where each option came from. */
function renamed<Options extends object>(options: object, from: UrlOption, to: UrlOption): Options {
  const { [from]: property, ...others } = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap;
  return Object.defineProperties(
    {},
    property === undefined ? others : { ...others, [to]: property },
  ) as Options;
}

/**
 * What the environment sets, with `overrides` on top, by the names of {@link BrokerSink}.
 *
 * @throws ConfigurationError that names the variable with a bad value.
 */
export function brokerOptionsFromEnv(
  overrides: BrokerSinkOptions,
  env: NodeJS.ProcessEnv,
): BrokerSinkOptions {
  return renamed(overEnvironment(renamed(overrides, "url", "amqpUrl"), env), "amqpUrl", "url");
}
