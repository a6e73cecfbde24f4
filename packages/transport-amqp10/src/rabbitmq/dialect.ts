import type { Endpoint, TransportOptions } from "@streamll/core";
import { grantedCapabilities } from "@streamll/core/internal";
import {
  dial,
  dialAddressOf,
  type Login,
  login,
  redeclarer,
  refusalOfVirtualHost,
  virtualHostOf,
} from "@streamll/transport-kit";
import { amqp10Description } from "../description.js";
import type { Dialect, Opening, Sasl } from "../dialect.js";
import { accused, declarationFailure, failureOf } from "./failure.js";
import { messagesEncoder } from "./message.js";
import { outcomes } from "./outcomes.js";
import { renew } from "./renewal.js";
import { declareTopology } from "./topology.js";
import { checkVersion } from "./version.js";

const { amqp: plain, amqps: tls } = amqp10Description.ports;
const PORTS = { plain, tls };

/** RabbitMQ 4: one link to the anonymous terminus, and everything declared through its management node. */
export function rabbitmqDialect(options: TransportOptions): Dialect {
  return {
    name: amqp10Description.name,
    capabilities: grantedCapabilities(amqp10Description.capabilities, options),
    firstAddress: "",
    addressOf: () => "",
    encode: messagesEncoder(options.message),
    outcomeOf: outcomes(options.message),
    failure: failureOf,
    accused: (fault) => accused(fault, options.message.exchange),
    begin: (endpoint) => begin(options, endpoint),
  };
}

async function begin(options: TransportOptions, endpoint: Endpoint): Promise<Opening> {
  const { label } = endpoint;
  const given = await login(options, endpoint);
  const { topology, message } = options;
  const address = dialAddressOf(endpoint, options, PORTS, "amqps");
  const virtualHost = virtualHostOf(endpoint);
  let redeclare: ReturnType<typeof redeclarer> | undefined;
  return {
    dial: (attempt) => dial(address, attempt),
    hostname: `vhost:${virtualHost}`,
    sasl: saslOf(given, endpoint, options),
    user: given.username,
    async whyRefused({ condition }, signal) {
      if (condition !== undefined) return undefined;
      const reply = await refusalOfVirtualHost(address, given, virtualHost, signal);
      return reply && { stage: "open", description: `${reply.code} ${reply.text}` };
    },
    declined: ({ outcome }) => {
      if (outcome === "released" && message.mandatory) redeclare?.(message.exchange);
    },
    async ready(open) {
      checkVersion(open.rhea, label);
      try {
        await declareTopology(open, topology, label);
      } catch (error) {
        throw declarationFailure(error, label);
      }
      redeclare = redeclarer({
        topology,
        declare: () => declareTopology(open, topology, label),
        pause: open.pause,
        isAnswering: () => !open.life.aborted && !open.isBlocked,
        failed: (error) => open.fail(declarationFailure(error, label)),
      });
      renew(open, given, options, endpoint);
    },
  };
}

/** A user name alone is ANONYMOUS, where the broker says who that is (`anonymous_login_user`). */
function saslOf(
  { mechanism, username, password }: Login,
  endpoint: Endpoint,
  { credentials }: TransportOptions,
): Sasl {
  if (mechanism === "EXTERNAL") return { mechanism, response: Buffer.alloc(0) };
  if (!credentials && endpoint.username !== undefined && endpoint.password === undefined)
    return { mechanism: "ANONYMOUS", response: Buffer.from(username) };
  return { mechanism, response: Buffer.from(`\0${username}\0${password}`) };
}
