import { isDeepStrictEqual } from "node:util";
import { TransportError } from "@streamll/core";

// As RabbitMQ answers, and with the kinds that the transport amqp091 makes of it.

type Arguments = Readonly<Record<string, unknown>>;

export const notFound = (what: string, known: Iterable<string>): TransportError => {
  const names = [...known].map((name) => JSON.stringify(name)).join(", ");
  const message = `404 there is no ${what}${names === "" ? "" : `; there are ${names}`}`;
  return new TransportError("not-found", message, { permanent: true });
};

export const invalid = (message: string): TransportError =>
  new TransportError("topology-conflict", `406 ${message}`, { permanent: true });

/** @throws TransportError of kind `permission` for a name that is the broker's to give. */
export function assertFree(what: string, name: string): void {
  if (!name.startsWith("amq.")) return;
  const message = `403 ${what} name '${name}' contains reserved prefix 'amq.*'`;
  throw new TransportError("permission", message, { permanent: true });
}

/** @throws TransportError of kind `topology-conflict`, with both values. */
export function assertSame(what: string, argument: string, received: unknown, current: unknown): void {
  if (isDeepStrictEqual(received, current)) return;
  throw invalid(
    `inequivalent arg '${argument}' for ${what}: received ${shown(received)} but current is ${shown(current)}. ` +
      'It exists with other settings: use those, another name, or declareTopology: "passive"',
  );
}

export function assertSameArguments(what: string, received: Arguments, current: Arguments): void {
  for (const argument of new Set([...Object.keys(received), ...Object.keys(current)])) {
    assertSame(what, argument, received[argument], current[argument]);
  }
}

const shown = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));
