import type { ConfigurationProblem } from "@streamll/core";
import { shown } from "@streamll/core/options";
import type { StreamArguments } from "./protocol/stream.js";

const digits = /^\d{1,16}$/;

/** What RabbitMQ takes when a stream is created, by the name that AMQP 0-9-1 has for it. */
const allowed: Readonly<Record<string, RegExp>> = {
  "x-max-age": /^\d{1,12}[YMDhms]$/,
  "x-max-length-bytes": digits,
  "x-stream-max-segment-size-bytes": digits,
  "x-stream-filter-size-bytes": digits,
  "x-initial-cluster-size": /^\d{1,3}$/,
  "x-queue-leader-locator": /^(client-local|balanced|least-leaders|random)$/,
};

/** What streams have in the place of an argument of queues. */
const instead: Readonly<Record<string, string>> = {
  "x-message-ttl": "x-max-age",
  "x-max-length": "x-max-length-bytes",
};

/**
 * The arguments of a queue in RabbitMQ's terms as the stream protocol writes them. RabbitMQ 3.10 does not answer to a bad
 * one but restarts its listener, for everybody: so each is checked here.
 */
export function protocolArguments(
  given: Readonly<Record<string, unknown>>,
  problems: ConfigurationProblem[],
): StreamArguments {
  const args: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || (name === "x-queue-type" && value === "stream")) continue;
    const form = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (form?.test(String(value))) args[name.slice(2)] = String(value);
    else problems.push({ option: "queueArguments", message: form ? badValue(name, value) : unknown(name) });
  }
  return args;
}

const badValue = (name: string, value: unknown): string => `${name} must not be ${shown(value)}`;

const unknown = (name: string): string => {
  const other = instead[name];
  const advice = other === undefined ? `it has ${Object.keys(allowed).join(", ")}` : `set "${other}" instead`;
  return `a stream has no ${name}: ${advice}`;
};
