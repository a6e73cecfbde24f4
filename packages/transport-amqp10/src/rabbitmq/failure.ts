import type { OutboundMessage, TransportError } from "@streamll/core";
import { conflictHint, declarationHint } from "@streamll/transport-kit";
import type { Fault } from "../dialect.js";
import { judged, judgeSocket, transportError, type Verdict } from "../failure.js";
import { FaultError } from "../fault.js";
import { RefusedError } from "./management.js";

/** What ended a connection, a session or a link. */
export const failureOf = (fault: Fault, label: string): TransportError => judged(fault, judge(fault), label);

function judge(fault: Fault): Verdict {
  const { stage, condition, description } = fault;
  if (stage === "login") return judgeLogin(description);
  if (/Unsupported AMQP version: 0-9-1|Invalid AMQP protocol id/.test(description)) return tooOld;
  if (stage === "open") return judgeOpen(fault);
  // RabbitMQ 4.0 calls it an internal error when it goes down in good order.
  if (condition === "amqp:connection:forced" || /^Connection forced/.test(description)) return forced;
  switch (condition) {
    case "amqp:unauthorized-access":
      return {
        kind: "permission",
        permanent: true,
        hint: /write access/.test(description) ? GRANT_WRITE : GRANT_DECLARE,
      };
    case "amqp:not-found":
      return stage === "attach"
        ? { kind: "not-found", permanent: true, hint: CREATE }
        : { kind: "not-found", permanent: false, hint: MADE_AGAIN };
    case "amqp:link:message-size-exceeded":
      return { kind: "too-large", permanent: true, hint: "Lower maxEventBytes" };
    case "amqp:resource-limit-exceeded":
      return { kind: "throttled", permanent: false, hint: "The broker is short of resources: see its log" };
    case undefined:
      return judgeSocket(fault);
    default:
      return { kind: "protocol", permanent: false, hint: SEE_THE_LOG };
  }
}

const forced: Verdict = {
  kind: "unreachable",
  permanent: false,
  hint: "The broker went down, or somebody closed the connection there",
};

const SEE_THE_LOG = "See the broker's log";
const GRANT_WRITE = "Grant the user the right to write to it";
const GRANT_DECLARE = 'Grant the user the right on it, or set declareTopology: "none"';
const CREATE = 'Create it on the broker, or let it be made with declareTopology: "declare"';
const MADE_AGAIN = "It was there before: make it again, unless the sink declares it";

export const tooOld: Verdict = {
  kind: "protocol",
  permanent: true,
  hint: 'AMQP 1.0 needs RabbitMQ 4.0 or later: leave amqpVersion: "1.0" out to use AMQP 0-9-1',
};

function judgeLogin(description: string): Verdict {
  const [, offered] = /server supports (.*)/.exec(description) ?? [];
  if (offered !== undefined) {
    const hint = `The broker offers ${offered}. For a certificate's user enable rabbitmq_auth_mechanism_ssl there, else give username and password`;
    return { kind: "auth", permanent: true, hint };
  }
  // SASL's codes above 1 are troubles of the broker's own.
  return /authenticate: [234]/.test(description)
    ? { kind: "unreachable", permanent: false, hint: SEE_THE_LOG }
    : { kind: "auth", permanent: true, hint: "Check the user name and the password" };
}

function judgeOpen(fault: Fault): Verdict {
  const { description } = fault;
  if (/limit|maximum/i.test(description)) {
    const hint =
      "The broker allows no more connections for this virtual host or user: raise its limit, or lower connectionPoolSize";
    return { kind: "throttled", permanent: false, hint };
  }
  if (/vhost .*not found|not found.*vhost|does not exist/i.test(description)) {
    const hint = "Check the path of the URL: it is the virtual host, percent-encoded";
    return { kind: "not-found", permanent: true, hint };
  }
  if (/is down/.test(description))
    return { kind: "unreachable", permanent: false, hint: "Restart the virtual host on the broker" };
  if (/refused for user|access to vhost/.test(description)) {
    return { kind: "permission", permanent: true, hint: "Grant the user access to the virtual host" };
  }
  return fault.condition === undefined
    ? judgeSocket(fault)
    : { kind: "protocol", permanent: false, hint: SEE_THE_LOG };
}

/** Why a declaration failed. */
export function declarationFailure(error: unknown, label: string): unknown {
  if (error instanceof FaultError) return failureOf(error.fault, label);
  if (!(error instanceof RefusedError)) return error;
  const { kind, permanent, hint } = judgeRefusal(error);
  return transportError(kind, `${label}: ${error.status} ${error.message}. ${hint}`, {
    permanent,
    cause: error,
  });
}

function judgeRefusal({ status, message }: RefusedError): Verdict {
  if (status === 404 || /^no (queue|exchange) '/.test(message))
    return { kind: "not-found", permanent: true, hint: CREATE };
  if (/^inequivalent/.test(message))
    return { kind: "topology-conflict", permanent: true, hint: conflictHint(message) };
  const hint = declarationHint(message);
  if (status === 403) return { kind: "permission", permanent: true, hint: hint ?? GRANT_DECLARE };
  return hint !== undefined || status === 400 || status === 409
    ? { kind: "protocol", permanent: true, hint: hint ?? "Check queueArguments and exchangeArguments" }
    : { kind: "protocol", permanent: false, hint: SEE_THE_LOG };
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
