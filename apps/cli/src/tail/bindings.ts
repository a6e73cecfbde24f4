import { printable } from "@streamll/core/internal";
import {
  type BindingKey,
  type ExchangeRequest,
  exchangeTypeOf,
  routingType,
  unknownType,
} from "@streamll/sink/internal";
import { UsageError } from "../exit.js";

/** Words of a topic pattern that a routing key does not have. */
const wildcard = /(?<![^.])[*#](?![^.])/;

/**
 * The bindings of a queue that gets what `patterns` ask for, or everything, and takes nothing from other queues.
 *
 * @throws UsageError where the exchange's type has no such binding.
 */
export function bindingsOf(exchange: ExchangeRequest, patterns: readonly string[]): readonly BindingKey[] {
  const name = routingType(exchange);
  if (name === undefined)
    throw new UsageError(
      `the exchange delays its messages, and its type of routing is unknown: add --exchange-arguments '{"x-delayed-type":"topic"}'`,
    );
  const type = exchangeTypeOf(name);
  if (type === undefined) throw new UsageError(unknownType(name, "tail cannot bind to the exchange"));
  const exchangeOf = `an exchange of type ${printable(name)}`;
  if (patterns.some((one) => Buffer.byteLength(one) > 255))
    throw new UsageError("--pattern must have at most 255 bytes");
  if (type.divides)
    throw new UsageError(
      `${exchangeOf} sends each event to one of its queues: tail would take events from the others`,
    );
  if (type.all !== undefined) {
    if (patterns.length === 0) return [type.all];
    throw new UsageError(`${exchangeOf} ignores routing keys: leave out --pattern`);
  }
  if (type.compares === "full keys" && (patterns.length === 0 || patterns.some((one) => wildcard.test(one))))
    throw new UsageError(`${exchangeOf} compares full keys: name each with --pattern, without wildcards`);
  return (patterns.length === 0 ? ["#"] : patterns).map((pattern) => ({ pattern }));
}
