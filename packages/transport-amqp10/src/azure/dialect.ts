import type { Endpoint, PublishOutcome, TransportError, TransportOptions } from "@streamll/core";
import { grantedCapabilities, logLine, textOf } from "@streamll/core/internal";
import { type DialAddress, dial, dialAddressOf, type Verdict } from "@streamll/transport-kit";
import { serviceBusDescription } from "../description.js";
import type { Answer, Dialect, Fault, Opening } from "../dialect.js";
import { classifySocket, faultError } from "../failure.js";
import { encodeBatches } from "./batch.js";
import { openCbs } from "./cbs.js";
import { type Claims, holdClaims } from "./claims.js";
import { type ConditionVerdict, isIdleDetach, isOfEntity, verdictOf } from "./conditions.js";
import { defaultCredential } from "./identity.js";
import type { serviceBusOptions } from "./options.js";
import { type TokenSource, tokensOfCredential, tokensOfKey } from "./token.js";
import { dialWebSocket } from "./web-socket.js";

/** With the options that Azure Service Bus has alone. */
export type ServiceBusTransportOptions = TransportOptions<typeof serviceBusOptions>;

/** As Microsoft's clients have it. */
const TOKEN_LIFE = 3_600_000;

const PORTS = { ...serviceBusDescription.ports, webSocket: 443 };

/**
 * Azure Service Bus: tokens over CBS, a link for each queue or topic, several messages in a transfer. What is in
 * `topology.queues` is attached to at once, and must be there: Service Bus declares nothing over AMQP.
 *
 * @param tokenLifeMs of the tokens that a key signs.
 */
export function serviceBusDialect(options: ServiceBusTransportOptions, tokenLifeMs = TOKEN_LIFE): Dialect {
  const { message: defaults, topology, own } = options;
  const credential = own.credential ?? (own.authProvider && defaultCredential());
  const firstAddress = topology.queues[0]?.name;
  return {
    name: serviceBusDescription.name,
    capabilities: grantedCapabilities(serviceBusDescription.capabilities, options),
    async begin(endpoint) {
      const tokenOf =
        credential === undefined
          ? tokensOfKey(options, endpoint, tokenLifeMs)
          : tokensOfCredential(credential, endpoint);
      return opening(options, endpoint, tokenOf);
    },
    addressOf: ({ exchange, routingKey, relayed }) =>
      (relayed === undefined ? defaults.exchange : exchange) || routingKey,
    ...(firstAddress === undefined ? {} : { firstAddress }),
    encode: (messages, limits) => encodeBatches(messages, defaults, limits),
    outcomeOf,
    failure,
    isIdleDetach,
  };
}

function opening(options: ServiceBusTransportOptions, endpoint: Endpoint, tokenOf: TokenSource): Opening {
  const { label } = endpoint;
  const address = addressOf(endpoint, options);
  const { webSocket } = options.own;
  let claims: Claims;
  return {
    dial: (attempt) =>
      webSocket ? dialWebSocket(address, webSocket, attempt.signal) : dial(address, attempt),
    sasl: { mechanism: "ANONYMOUS", response: Buffer.alloc(0) },
    hostname: address.host,
    async ready(open) {
      const { put } = await openCbs(open, label);
      let isTold = false;
      claims = holdClaims({
        tokenOf,
        put,
        life: open.life,
        troubled(error) {
          if (!isTold) tellOfTrouble(options, label, error);
          isTold = true;
        },
        failed: open.fail,
      });
    },
    attaching: (entity) => claims.hold(audienceOf(address, entity)),
  };
}

function addressOf(endpoint: Endpoint, options: ServiceBusTransportOptions): DialAddress {
  const { webSocket, amqp, amqps } = PORTS;
  const ports = options.own.webSocket ? { plain: webSocket, tls: webSocket } : { plain: amqp, tls: amqps };
  return dialAddressOf(endpoint, options, ports);
}

/** What a token is for. The port is part of it only where it is no usual one, as in Microsoft's clients. */
function audienceOf({ host, port }: DialAddress, entity: string): string {
  const place = Object.values(PORTS).includes(port) ? host : `${host}:${port}`;
  return `sb://${place}/${entity}`;
}

function tellOfTrouble({ logger }: TransportOptions, endpoint: string, error: unknown): void {
  const message = `A token could not be renewed, and is tried again while the old one lives: ${textOf(error)}`;
  logLine(logger, "token_not_renewed", { endpoint }, message);
}

const unknownCondition: Verdict = {
  kind: "nack",
  permanent: false,
  hint: "See the metrics and the diagnostic log of the namespace",
};

function outcomeOf(answer: Answer, label: string): PublishOutcome | { readonly ends: TransportError } {
  const { outcome, condition, description = condition ?? `the answer was ${outcome}` } = answer;
  const verdict: ConditionVerdict = verdictOf(condition) ?? unknownCondition;
  const permanent = answer.undeliverableHere || verdict.permanent;
  const said = { stage: "link", description, ...(condition === undefined ? {} : { condition }) } as const;
  if (isOfEntity(verdict)) return { ends: faultError(said, { ...verdict, permanent: false }, label) };
  const error = faultError(said, { ...verdict, permanent }, label);
  const unclear = verdict.maybeStored || answer.deliveryFailed || outcome === "other";
  return unclear ? { kind: "unknown", error } : { kind: "refused", error };
}

function failure(fault: Fault, label: string): TransportError {
  const { stage, condition } = fault;
  const verdict = verdictOf(condition) ?? classifySocket(fault);
  // A new token may be allowed again what an old one was: the next connect tells.
  const isNew = stage === "attach" || stage === "open" || stage === "login" || verdict.kind === "tls";
  return faultError(fault, { ...verdict, permanent: verdict.permanent && isNew }, label);
}
