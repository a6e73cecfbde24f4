import { ConfigurationError } from "@streamll/core";

/** What the option of the broker's addresses is called: `url`, or by a preset for RabbitMQ `amqpUrl`. */
export type UrlOption = "url" | "amqpUrl";

/**
 * Resolves options in which the addresses go by `urlOption`; errors and warnings call them the same.
 *
 * @throws as `resolve`.
 */
export function resolveNamed<Plan extends { readonly warnings: readonly string[] }>(
  options: object,
  urlOption: UrlOption,
  className: string,
  resolve: (options: Readonly<Record<string, unknown>>) => Plan,
): Plan {
  const given = options as Readonly<Record<string, unknown>>;
  if (urlOption === "amqpUrl" || typeof options !== "object" || options === null) return resolve(given);
  const named = (text: string) => text.replaceAll("amqpUrl", "url");
  if ("amqpUrl" in options) {
    const message = `is not an option of ${className}; write url`;
    throw new ConfigurationError([{ option: "amqpUrl", message }]);
  }
  try {
    const plan = resolve(renamed(given, "url", "amqpUrl"));
    return { ...plan, warnings: plan.warnings.map(named) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map(({ option, message }) => ({
      option: named(option),
      message: named(message),
    }));
    throw new ConfigurationError(problems, { cause: error.cause });
  }
}

/** A copy in which a property has another name, with what does not show, too: where each option came from. */
export function renamed<Options extends object>(options: Options, from: UrlOption, to: UrlOption): Options {
  const { [from]: property, ...others } = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap;
  return Object.defineProperties(
    {},
    property === undefined ? others : { ...others, [to]: property },
  ) as Options;
}
