import { ConfigurationError, type Endpoint, type Transport, type TransportOptions } from "@streamll/core";
import { type Choice, nameOf } from "./choose.js";
import { lazyTransport } from "./lazy.js";

/**
 * Makes the transport, or what loads it at the first connect. Opens nothing.
 *
 * @throws ConfigurationError as the factory's `create`.
 */
export function makeTransport(
  choice: Choice,
  options: TransportOptions,
  endpoints: readonly Endpoint[],
  partitions: number | undefined,
): Transport {
  if (choice.kind === "given") return choice.transport;
  if (choice.kind === "factory") return checked(choice.factory.create(options, endpoints), nameOf(choice));
  const { name, capabilities, consuming, load } = choice.builtIn;
  return lazyTransport({ name, capabilities, consuming, partitions, load }, options, endpoints);
}

function checked(transport: Transport, name: string): Transport {
  if (typeof transport?.connect === "function" && transport.capabilities) return transport;
  const message = `create() of the transport ${name} returned no transport: an object with name, capabilities and connect (and no promise)`;
  throw new ConfigurationError([{ option: "transports", message }]);
}
