import type { Endpoint, TransportCapabilities, TransportOptions } from "@streamll/core";
import { bareHost, type DialAddress, dial, type Login, login, tlsOptions } from "@streamll/core/internal";
import type { Dialect, OpenConnection, Opening, Sasl } from "../dialect.js";
import { judged } from "../failure.js";
import { declarationFailure, failureOf, tooOld } from "./failure.js";
import { messagesEncoder } from "./message.js";
import { outcomes } from "./outcomes.js";
import { declareTopology } from "./topology.js";

const capabilitiesOf = ({ confirms }: TransportOptions): TransportCapabilities => ({
  confirms,
  mandatory: true,
  priority: true,
  ttl: true,
  deadLetter: true,
  deduplication: false,
  topology: true,
});

/** RabbitMQ 4: one link to the anonymous terminus, and everything declared through its management node. */
export function rabbitmqDialect(options: TransportOptions): Dialect {
  return {
    name: "amqp10",
    capabilities: capabilitiesOf(options),
    firstAddress: "",
    addressOf: () => "",
    encode: messagesEncoder(options.message),
    outcomeOf: outcomes(options.message),
    failure: failureOf,
    begin: (endpoint) => begin(options, endpoint),
  };
}

async function begin(options: TransportOptions, endpoint: Endpoint): Promise<Opening> {
  const { label } = endpoint;
  const given = await login(options, endpoint);
  return {
    dial: (signal) => dial(addressOf(endpoint, options), signal),
    hostname: `vhost:${endpoint.path === "" ? "/" : endpoint.path}`,
    sasl: saslOf(given, endpoint, options),
    async ready(open) {
      checkVersion(open, label);
      try {
        await declareTopology(open, options.topology, label);
      } catch (error) {
        throw declarationFailure(error, label);
      }
    },
  };
}

function addressOf({ scheme, host, port }: Endpoint, { tls }: TransportOptions): DialAddress {
  const address = bareHost(host);
  if (tls === undefined && scheme !== "amqps") return { host: address, port: port ?? 5672 };
  return { host: address, port: port ?? 5671, tls: tlsOptions(tls) };
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

/** The plugin of 3.x takes other addresses, and has no management node. */
function checkVersion({ rhea }: OpenConnection, label: string): void {
  const { product, version } = rhea.properties ?? {};
  if (product !== "RabbitMQ" || Number.parseInt(String(version), 10) >= 4) return;
  throw judged({ stage: "open", description: `the broker is RabbitMQ ${version}` }, tooOld, label);
}
