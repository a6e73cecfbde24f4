import type { AmqpError } from "rhea";

/** An AMQP error as the service words it; the tail is what its own errors end with. */
export const fault = (condition: string, description: string): AmqpError => ({
  condition,
  description: `${description} TrackingId:00000000-0000-0000-0000-000000000000_B0, SystemTracker:fake, Timestamp:${new Date().toISOString().slice(0, 19)}`,
});

/** What the service says with each condition, where a test does not say it in its own words. */
const words: Readonly<Record<string, string>> = {
  "com.microsoft:server-busy":
    "The request was terminated because the entity is being throttled. Error code : 50009. Please wait 10 seconds and try again.",
  "com.microsoft:timeout": "The operation did not complete within the allotted time.",
  "com.microsoft:entity-disabled": "Messaging entity is currently disabled. Entity status is 'SendDisabled'.",
  "amqp:resource-limit-exceeded": "The maximum entity size has been reached or exceeded. Error code : 40300.",
  "amqp:not-found": "The messaging entity of this name could not be found.",
  "amqp:unauthorized-access": "Unauthorized access. 'Send' claim(s) are required to perform this operation.",
  "amqp:link:detach-forced":
    "The link is force detached. Code: publisher. Details: AmqpMessagePublisher.IdleTimerExpired: Idle timeout: 00:10:00.",
  "amqp:connection:forced":
    "The connection was closed by container 'fake-service-bus' because it did not have any active links in the past 300000 milliseconds.",
  "com.microsoft:session-cannot-be-locked":
    "The requested session cannot be accepted. It may be locked by another receiver.",
  "com.microsoft:message-lock-lost":
    "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.",
  "com.microsoft:session-lock-lost":
    "The session lock has expired on the MessageSession. Accept a new MessageSession.",
  "amqp:internal-error": "The service was unable to process the request; please retry the operation.",
};

export const faultOf = (
  condition: string,
  description = words[condition] ?? "A fault on command.",
): AmqpError => fault(condition, description);
