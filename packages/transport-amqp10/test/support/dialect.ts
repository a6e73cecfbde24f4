import { TransportError } from "@streamll/core";
import { dial } from "@streamll/transport-kit";
import type { Answer, Dialect } from "../../src/dialect.js";
import { faultError } from "../../src/failure.js";
import { message } from "../../src/rhea.js";

/** A broker without peculiarities: a link for each routing key, a transfer for each message, all answers told as they are. */
export const plainDialect = (own: Partial<Dialect> = {}): Dialect => ({
  name: "plain",
  capabilities: {
    confirms: true,
    mandatory: false,
    priority: false,
    ttl: false,
    deadLetter: false,
    deduplication: false,
    topology: false,
  },
  begin: async ({ host, port, username, password }) => ({
    dial: (signal) => dial({ host, port: port!, timeoutMs: 5000 }, signal),
    hostname: "plain",
    sasl: { mechanism: "PLAIN", response: Buffer.from(`\0${username}\0${password}`) },
  }),
  addressOf: ({ routingKey }) => routingKey,
  encode: (messages, { maxMessageSize }) =>
    Array.from(messages, ([index, one]) => {
      const payload = message.encode({ body: message.data_section(one.body()) });
      const at = [index];
      if (payload.length > maxMessageSize) return { at, error: new TransportError("too-large", "too large") };
      return { at, payload, format: 0 };
    }),
  outcomeOf: (answer: Answer) => ({
    kind: "refused",
    error: new TransportError("nack", JSON.stringify(answer)),
  }),
  failure: (fault, label) =>
    faultError(fault, { kind: "protocol", permanent: false, hint: fault.stage }, label),
  ...own,
});
