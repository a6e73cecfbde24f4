import { isPlainObject } from "@streamll/core/internal";
import { isRefusal, type Kind, name, record, shown } from "@streamll/core/options";

/** Arguments of an exchange or a queue, with RabbitMQ's names. */
export const brokerArguments: Kind<Readonly<Record<string, unknown>>> = record(
  "object",
  'an object of broker arguments such as { "x-max-length": 1000 }',
  (given: Readonly<Record<string, unknown>>) => {
    const wrong = Object.keys(given).find((argument) => !isArgument(argument, given[argument]));
    if (wrong === undefined) return misnamed(given);
    return `${shown(wrong)} is ${shown(given[wrong])}; an argument is a string, finite number, boolean or null, or a list or object of these`;
  },
);

const names = ["alternate-exchange", "x-dead-letter-exchange", "x-dead-letter-routing-key"];
const anyName = name(0);

/** The broker accepts such a name, finds nothing under it, and drops the messages that should go there. */
function misnamed(given: Readonly<Record<string, unknown>>): string | undefined {
  const wrong = names.find(
    (argument) => typeof given[argument] === "string" && isRefusal(anyName.read(given[argument])),
  );
  return wrong && `${shown(wrong)} is ${shown(given[wrong])}; must be ${anyName.allowed}`;
}

/** What a table of AMQP can hold. */
function isArgument(name: string, value: unknown, depth = 0): boolean {
  if (Buffer.byteLength(name) > 255 || depth > 8) return false;
  if (typeof value === "number") return Number.isFinite(value);
  if (value === null || ["undefined", "string", "boolean"].includes(typeof value)) return true;
  const isNested = Array.isArray(value) || isPlainObject(value);
  return (
    isNested && Object.entries(value as object).every(([inner, one]) => isArgument(inner, one, depth + 1))
  );
}
