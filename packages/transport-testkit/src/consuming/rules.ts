/** The contract of the seam for consuming, as rules. The text says what `consuming/seam.ts` of `@streamll/core` says. */
export const consumingRules = {
  subscribes: "subscribe() gives a subscription with settle, stop, close and closed.",
  "subscribe-rejects":
    "subscribe() rejects with a TransportError; of kind not-found for a queue that is not there.",
  "subscribe-aborts":
    "When its signal aborts, subscribe() lets go of everything that it opened and rejects; what it gives all the same is good for use.",
  window: "Never more than window deliveries are unsettled, and so many come where so many wait.",
  intact: "A delivery has the bytes, the properties and the headers of its message, unchanged.",
  "in-order": "receive() takes deliveries in the order of the queue, each once.",
  "told-once": "told is called exactly once for each settlement: settled, written or lost.",
  "done-is-done": "What is done does not come again.",
  stale:
    "A settlement of a delivery that is settled already, or of another subscription, does nothing but tell lost.",
  again: "What is given back comes again, as redelivered; earlier, where it is there, rises when it failed.",
  offsets:
    "Of a log, offsets rise, a subscription begins with the message at its position, and stored() gives what storeOffset() was given.",
  dead: "Unless deadLetters is false, what is dead goes where dead letters go, and does not come again.",
  "stop-stops":
    "After stop() has resolved nothing more comes; what has come can be settled; the rest stays in the queue.",
  "void-returns":
    "When the connection is lost, closed settles with a TransportError, and what was unsettled comes again.",
  "cancel-told": "When the broker ends the subscription, closed settles with kind cancelled.",
  "subscription-closed-last":
    "closed settles after the last delivery and the last told; then every settlement tells lost.",
  "subscription-close":
    "close() resolves in any case and closed with it, settlements under way included; at once when its signal aborts; it may be called again.",
  relays:
    "Where relays is true, a delivery that is published again has its body, properties and headers, but for those that are left out or added, and no expiration.",
  "peek-takes-nothing":
    "Where peek is not false, what was looked at and not settled is in the queue again after close().",
} as const;
