import { printable } from "@streamll/core/internal";
import {
  type BindingKey,
  type ExchangeRequest,
  exchangeTypeOf,
  routingType,
  unknownType,
} from "@streamll/sink/internal";
import { UsageError } from "../exit.js";

/** Words that a topic pattern has and a routing key has not. */
const wildcard = /(?<![^.])[*#](?![^.])/;

/**
 * How a queue is bound that gets what `patterns` ask for, or everything, and takes nothing from anybody.
 *
 * @throws UsageError where the exchange's type has no such binding.
 */
export function bindingsOf(exchange: ExchangeRequest, patterns: readonly string[]): readonly BindingKey[] {
  const name = routingType(exchange);
  if (name === undefined)
    throw new UsageError(
      `the exchange delays what it gets, and does not tell how it routes: add --exchange-arguments '{"x-delayed-type":"topic"}'`,
    );
  const type = exchangeTypeOf(name);
  if (type === undefined) throw new UsageError(unknownType(name, "tail cannot bind to the exchange"));
  const exchangeOf = `an exchange of type ${printable(name)}`;
  if (patterns.some((one) => Buffer.byteLength(one) > 255))
    throw new UsageError("--pattern has at most 255 bytes");
  if (type.divides)
    throw new UsageError(
      `${exchangeOf} gives each event to one of its queues: tail would take its share from the others`,
    );
  if (type.all !== undefined) {
    if (patterns.length === 0) return [type.all];
    throw new UsageError(`${exchangeOf} does not look at routing keys: leave --pattern out`);
  }
  if (type.compares === "whole keys" && (patterns.length === 0 || patterns.some((one) => wildcard.test(one))))
    throw new UsageError(`${exchangeOf} compares whole keys: name each with --pattern, without wildcards`);
  return (patterns.length === 0 ? ["#"] : patterns).map((pattern) => ({ pattern }));
}
