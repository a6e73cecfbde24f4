import type { TransportErrorKind } from "@streamll/core";
import type { Verdict } from "@streamll/transport-kit";
import type { Fault } from "../dialect.js";

/** What a condition of Service Bus says. */
export interface ConditionVerdict extends Verdict {
  /** The service gave up on it, and does not say whether it was stored. */
  readonly maybeStored?: true;
}

const passing = (kind: TransportErrorKind, hint: string): ConditionVerdict => ({
  kind,
  permanent: false,
  hint,
});
const lasting = (kind: TransportErrorKind, hint: string): ConditionVerdict => ({
  kind,
  permanent: true,
  hint,
});
const givenUp = (hint: string): ConditionVerdict => ({ ...passing("timeout", hint), maybeStored: true });

const LOCK_LOST =
  "Somebody else may have the message now: it was locked for too short a time, or the service moved it";
const TRY_AGAIN = "The service had a problem of its own: it is tried again";

/** By the condition; https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot */
const conditions: Readonly<Record<string, ConditionVerdict>> = {
  "com.microsoft:server-busy": passing(
    "throttled",
    "The namespace is throttled: see its metrics, send larger batches, or take a higher tier",
  ),
  "amqp:resource-limit-exceeded": passing(
    "throttled",
    "The queue or topic is full, or a quota is used up: read it, or raise its size",
  ),
  "com.microsoft:entity-disabled": passing("blocked", "The queue or topic is disabled: enable it"),
  "com.microsoft:timeout": givenUp(TRY_AGAIN),
  "amqp:internal-error": givenUp(TRY_AGAIN),
  "com.microsoft:operation-cancelled": givenUp(TRY_AGAIN),
  "amqp:unauthorized-access": lasting(
    "permission",
    "Give the key's policy the claim Send (a consumer: Listen), or the identity the role Azure Service Bus Data Sender (Receiver)",
  ),
  "com.microsoft:auth-failed": lasting("auth", "Check the key, and the clock of this machine"),
  "amqp:not-found": lasting("not-found", "Create the queue or topic: the sink does not"),
  "amqp:resource-deleted": lasting("not-found", "The queue or topic was deleted: create it again"),
  "amqp:not-allowed": lasting(
    "protocol",
    "One with sessions needs sessionId of its sender and sessions of its consumer; others take none",
  ),
  "com.microsoft:argument-error": lasting("protocol", "The service does not take a property of the message"),
  "com.microsoft:argument-out-of-range": lasting(
    "protocol",
    "The service does not take a property of the message",
  ),
  "amqp:link:message-size-exceeded": lasting(
    "too-large",
    "256 KB in the tiers Basic and Standard; Premium takes 1 MB, or what the entity is set to",
  ),
  "amqp:link:transfer-limit-exceeded": passing("protocol", TRY_AGAIN),
  "amqp:link:detach-forced": passing("unreachable", "The service moved the queue or topic, or it was idle"),
  "amqp:connection:forced": passing("unreachable", "The service closed the connection: it is opened again"),
  "com.microsoft:message-lock-lost": lasting("cancelled", LOCK_LOST),
  "com.microsoft:session-lock-lost": lasting("cancelled", LOCK_LOST),
  "com.microsoft:session-cannot-be-locked": passing("blocked", "Another receiver has the session"),
  "amqp:link:stolen": passing("unreachable", TRY_AGAIN),
  "amqp:not-implemented": lasting("protocol", "The service does not know how to do that"),
};

/** `undefined` for one that is not known: it is tried again. */
export const verdictOf = (condition: string | undefined): ConditionVerdict | undefined =>
  condition !== undefined && Object.hasOwn(conditions, condition) ? conditions[condition] : undefined;

/** Of the answer to put-token, whose code is that of HTTP. */
export function verdictOfStatus(code: number): Verdict {
  if (code === 401 || code === 403) return conditions["com.microsoft:auth-failed"]!;
  if (code === 404) return lasting("not-found", "Check the namespace, and the name of the queue or topic");
  if (code === 429 || code === 503) return conditions["com.microsoft:server-busy"]!;
  if (code >= 400 && code < 500 && code !== 408)
    return lasting("protocol", "The service does not take the token");
  return passing("timeout", TRY_AGAIN);
}

/** Conditions that concern the queue or topic, or the right to it: no event is guilty, and any other would be refused too. */
export const isOfEntity = ({ kind }: Verdict): boolean =>
  kind === "permission" || kind === "auth" || kind === "not-found" || kind === "blocked";

/** What an idle link gets after ten minutes; with nothing under way it is no failure. */
export const isIdleDetach = ({ stage, condition }: Fault): boolean =>
  stage === "link" && condition === "amqp:link:detach-forced";
