import type { Endpoint, TransportOptions } from "@streamll/core";
import {
  bareHost,
  type DialAddress,
  dial,
  grantedCapabilities,
  type Login,
  login,
  refusalOfVirtualHost,
  tlsOptions,
} from "@streamll/core/internal";
import { amqp10Description } from "../description.js";
import type { Dialect, Opening, Sasl } from "../dialect.js";
import { accused, declarationFailure, failureOf } from "./failure.js";
import { messagesEncoder } from "./message.js";
import { outcomes } from "./outcomes.js";
import { redeclarer } from "./redeclare.js";
import { renew } from "./renewal.js";
import { declareTopology } from "./topology.js";
import { checkVersion } from "./version.js";

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
  const redeclare = redeclarer(options, label);
  const address = addressOf(endpoint, options);
  const virtualHost = endpoint.path === "" ? "/" : endpoint.path;
  return {
    dial: (signal) => dial(address, signal),
    hostname: `vhost:${virtualHost}`,
    sasl: saslOf(given, endpoint, options),
    async whyRefused({ condition }, signal) {
      if (condition !== undefined) return undefined;
      const reply = await refusalOfVirtualHost(address, given, virtualHost, signal);
      return reply && { stage: "open", description: `${reply.code} ${reply.text}` };
    },
    declined: ({ outcome }, open) => {
      if (outcome === "released" && options.message.mandatory) redeclare(open);
    },
    async ready(open) {
      checkVersion(open.rhea, label);
      try {
        await declareTopology(open, options.topology, label);
      } catch (error) {
        throw declarationFailure(error, label);
      }
      renew(open, given, options, endpoint);
    },
  };
}

function addressOf({ scheme, host, port }: Endpoint, options: TransportOptions): DialAddress {
  const { tls, connectionTimeoutMs: timeoutMs } = options;
  const address = bareHost(host);
  if (tls === undefined && scheme !== "amqps") return { host: address, port: port ?? 5672, timeoutMs };
  return { host: address, port: port ?? 5671, timeoutMs, tls: tlsOptions(tls) };
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
