import type { OutboundMessage, TransportError } from "@streamll/core";
import {
  classifyVirtualHostRefusal,
  errorOf,
  rabbitmqHints,
  type Verdict,
  verdict,
} from "@streamll/transport-kit";
import type { Fault } from "../dialect.js";
import { classifySocket, faultError } from "../failure.js";
import { FaultError } from "../fault.js";
import { RefusedError } from "./management.js";

const {
  BROKER_WENT_DOWN,
  CHECK_ARGUMENTS,
  CHECK_LOGIN,
  CREATE,
  conflictHint,
  declarationHint,
  GRANT_DECLARE,
  GRANT_WRITE,
  MAKE_AGAIN,
  SEE_THE_LOG,
  SHORT_OF_RESOURCES,
} = rabbitmqHints;

/** What ended a connection, a session or a link. */
export const failureOf = (fault: Fault, label: string): TransportError =>
  faultError(fault, classify(fault), label);

function classify(fault: Fault): Verdict {
  const { stage, condition, description } = fault;
  if (stage === "login") return classifyLogin(description);
  if (/Unsupported AMQP version: 0-9-1|Invalid AMQP protocol id/.test(description)) return tooOld;
  if (stage === "open") return classifyOpen(fault);
  // RabbitMQ 4.0 calls it an internal error when it goes down in good order.
  if (condition === "amqp:connection:forced" || /^Connection forced/.test(description))
    return verdict("unreachable", false, BROKER_WENT_DOWN);
  switch (condition) {
    case "amqp:unauthorized-access":
      return verdict("permission", true, /write access/.test(description) ? GRANT_WRITE : GRANT_DECLARE);
    case "amqp:not-found":
      return stage === "attach"
        ? verdict("not-found", true, CREATE)
        : verdict("not-found", false, MAKE_AGAIN);
    case "amqp:link:message-size-exceeded":
      return verdict("too-large", true, "Lower maxEventBytes");
    case "amqp:resource-limit-exceeded":
      return verdict("throttled", false, SHORT_OF_RESOURCES);
    case undefined:
      return classifySocket(fault);
    default:
      return verdict("protocol", false, SEE_THE_LOG);
  }
}

export const tooOld: Verdict = verdict(
  "protocol",
  true,
  'AMQP 1.0 needs RabbitMQ 4.0 or later: leave amqpVersion: "1.0" out to use AMQP 0-9-1',
);

function classifyLogin(description: string): Verdict {
  const [, offered] = /server supports (.*)/.exec(description) ?? [];
  if (offered !== undefined) {
    const hint = `The broker offers ${offered}. For a certificate's user enable rabbitmq_auth_mechanism_ssl there, else give username and password`;
    return verdict("auth", true, hint);
  }
  // SASL's codes above 1 are troubles of the broker's own.
  return /authenticate: [234]/.test(description)
    ? verdict("unreachable", false, SEE_THE_LOG)
    : verdict("auth", true, CHECK_LOGIN);
}

function classifyOpen(fault: Fault): Verdict {
  const refusal = classifyVirtualHostRefusal(fault.description);
  if (refusal) return refusal;
  return fault.condition === undefined ? classifySocket(fault) : verdict("protocol", false, SEE_THE_LOG);
}

/** Why a declaration failed. */
export function declarationFailure(error: unknown, label: string): unknown {
  if (error instanceof FaultError) return failureOf(error.fault, label);
  if (!(error instanceof RefusedError)) return error;
  return errorOf(classifyRefusal(error), `${label}: ${error.status} ${error.message}`, error);
}

function classifyRefusal({ status, message }: RefusedError): Verdict {
  if (status === 404 || /^no (queue|exchange) '/.test(message)) return verdict("not-found", true, CREATE);
  if (/^inequivalent/.test(message)) return verdict("topology-conflict", true, conflictHint(message));
  const hint = declarationHint(message);
  if (status === 403) return verdict("permission", true, hint ?? GRANT_DECLARE);
  return hint !== undefined || status === 400 || status === 409
    ? verdict("protocol", true, hint ?? CHECK_ARGUMENTS)
    : verdict("protocol", false, SEE_THE_LOG);
}

/** The broker ends a session over a routing key that the user may not write to, and takes all others. */
export function accused(
  { description }: Fault,
  exchangeOfAll: string,
): ((message: OutboundMessage) => boolean) | undefined {
  const [, key, place] = /write access to topic '(.*)' in exchange '(.*)' in vhost/s.exec(description) ?? [];
  if (key === undefined) return undefined;
  return ({ routingKey, exchange = exchangeOfAll }) => routingKey === key && exchange === place;
}
