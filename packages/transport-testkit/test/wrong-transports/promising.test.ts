import { type OutboundMessage, type PublishOutcome, TransportError } from "@streamll/core";
import { cannot } from "@streamll/transport-testkit";
import { expect, it } from "vitest";
import { ReferenceBroker } from "../reference.js";
import { brokenUntil, isCaught, subjectOf, type Wrong, type WrongConnections } from "./wrong.js";

const storedWithout =
  (property: "priority" | "expirationMs" | "contentEncoding"): Wrong =>
  (right, broker) => {
    const push = broker.stored.push.bind(broker.stored);
    broker.stored.push = (...messages) => push(...messages.map((one) => ({ ...one, [property]: undefined })));
    return right;
  };

/** A transport with connections that do one thing in another way. */
const connections =
  (change: WrongConnections[string][1]): Wrong =>
  (right, broker) => ({
    ...right,
    connect: async (...args) => {
      const connection = await right.connect(...args);
      return { ...connection, ...change(connection, broker) };
    },
  });

/** With what the broker answers told in another way; `undefined` where it is told not at all. */
const telling = (other: (outcome: PublishOutcome) => PublishOutcome | undefined): Wrong =>
  connections((right) => ({
    publish: (batch, settle) =>
      right.publish(batch, (from, to, outcome) => {
        const told = other(outcome);
        if (told !== undefined) settle(from, to, told);
      }),
  }));

const isRefused = (outcome: PublishOutcome, kind: TransportError["kind"]) =>
  outcome.kind === "refused" && outcome.error.kind === kind;
const refused = (...error: ConstructorParameters<typeof TransportError>): PublishOutcome => ({
  kind: "refused",
  error: new TransportError(...error),
});

isCaught("it claims what it does not do:", {
  "mandatory, and calls that a negative confirm": [
    "mandatory",
    telling((outcome) => (isRefused(outcome, "unroutable") ? refused("nack", "no") : outcome)),
  ],
  "a priority": ["priority", storedWithout("priority")],
  "an expiry": ["ttl", storedWithout("expirationMs")],
  "to name a compression": ["content-encoding", storedWithout("contentEncoding")],
  "a topology, which it does not look for": [
    "topology",
    (right) => ({ ...right, capabilities: { ...right.capabilities, topology: true } }),
  ],
  "dead letters, and puts them where all else goes": [
    "exchange",
    connections((right) => ({
      publish: (batch, settle) =>
        right.publish(
          batch.map((one) => one.detach({ exchange: undefined })),
          settle,
        ),
    })),
  ],
});

const full = (told: PublishOutcome | undefined) =>
  telling((outcome) => (isRefused(outcome, "throttled") ? told : outcome));

isCaught("its broker is full, and it", {
  "calls that a negative confirm": ["throttled-is-told", full(refused("nack", "OOM"))],
  "says throttled, and for good": [
    "throttled-is-told",
    full(refused("throttled", "OOM", { permanent: true })),
  ],
  "says unknown": ["throttled-is-told", full({ kind: "unknown" })],
  "says nothing": ["throttled-is-told", full(undefined)],
});

it("a transport that claims mandatory, and never asks for it, is caught", { timeout: 60_000 }, async () => {
  const broker = new ReferenceBroker();
  const subject = broker.subject(({ message, ...options }) =>
    broker.transport({ ...options, message: { ...message, mandatory: false } }),
  );
  expect(await brokenUntil("mandatory", subject)).toContain("mandatory");
});

it("a transport that confirms what it has only written is caught by a silent broker alone", {
  timeout: 60_000,
}, async () => {
  const early = connections((right) => ({
    publish: (batch, settle) => {
      right.publish(batch, () => {});
      if (batch.length > 0) setTimeout(() => settle(0, batch.length, { kind: "confirmed" }), 1);
    },
  }));
  const subject = subjectOf(early);
  const none = cannot("not here");
  const faults = { ...subject.faults, refuse: none, disconnect: none, throttle: none, block: none };
  expect(await brokenUntil("confirmed-is-stored", { ...subject, faults })).toContain("confirmed-is-stored");
});

/** Publishes as is right, and looks at a message again in a later turn. */
const lookingBack = (look: (message: OutboundMessage | undefined) => unknown): Wrong =>
  connections((right) => ({
    publish: (batch, settle) => {
      const [kept] = batch;
      right.publish(batch, settle);
      setImmediate(() => look(kept));
    },
  }));

isCaught("it keeps a message for longer than it is valid:", {
  "a message, to read its key": ["lifetime", lookingBack((kept) => kept?.routingKey)],
  "a message, to make its bytes": ["lifetime", lookingBack((kept) => kept?.body())],
  "a message, to detach it then": ["lifetime", lookingBack((kept) => kept?.detach())],
  "a message, to read it after the next one": [
    "lifetime",
    connections((right) => ({
      publish: (batch, settle) => {
        const kept = [...batch];
        right.publish(batch, settle);
        for (const one of kept.slice(0, -1)) one.messageId;
      },
    })),
  ],
  "the bytes of a body that is settled": [
    "stored-intact",
    connections((right, broker) => ({
      publish: (batch, settle) => {
        const bodies = new Map(batch.map((message) => [message.messageId, message.body()]));
        right.publish(batch, (from, to, outcome) => {
          for (const [at, one] of broker.stored.entries()) {
            const body = bodies.get(one.messageId);
            if (body !== undefined) broker.stored[at] = { ...one, body };
          }
          settle(from, to, outcome);
        });
      },
    })),
  ],
});

isCaught("it deduplicates, and tells a last sequence", {
  "that is too low": ["last-sequence", deduplicating(-1)],
  "that is too high": ["last-sequence", deduplicating(1)],
});

/** Right but for what it tells of the highest sequence. */
function deduplicating(off: number): Wrong {
  return (right, broker) => {
    let highest = 0;
    return {
      ...right,
      capabilities: { ...right.capabilities, deduplication: true },
      connect: async (...args) => {
        const connection = await right.connect(...args);
        return {
          ...connection,
          lastSequence: highest + off,
          publish: (batch, settle) => {
            const sequences = batch.map(({ sequence }) => sequence);
            connection.publish(batch, (from, to, outcome) => {
              for (const sequence of sequences.slice(from, to)) {
                if (sequence <= highest) broker.stored.pop();
                highest = Math.max(highest, sequence);
              }
              settle(from, to, outcome);
            });
          },
        };
      },
    };
  };
}
