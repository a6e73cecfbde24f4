import { type PublishOutcome, TransportError } from "@streamll/core";
import { isCaught, onConnections, type WrongConnections } from "./wrong.js";

const confirmed: PublishOutcome = { kind: "confirmed" };
const unknown: PublishOutcome = { kind: "unknown" };
const refused: PublishOutcome = { kind: "refused", error: new TransportError("nack", "no") };

const wrong: WrongConnections = {
  "settles twice": [
    "settled-once",
    (right) => ({
      publish: (batch, settle) =>
        right.publish(batch, (from, to, outcome) => {
          settle(from, to, outcome);
          settle(from, to, outcome);
        }),
    }),
  ],
  "settles again a while later, as unknown": [
    "settled-once",
    (right) => ({
      publish: (batch, settle) =>
        right.publish(batch, (from, to, outcome) => {
          settle(from, to, outcome);
          setTimeout(() => settle(from, to, unknown), 2);
        }),
    }),
  ],
  "leaves out the last message of a batch": [
    "settled-all",
    (right) => ({
      publish: (batch, settle) =>
        right.publish(batch, (from, to, outcome) => {
          if (batch.length === 1 || to < batch.length) settle(from, to, outcome);
        }),
    }),
  ],
  "reorders a batch": [
    "order",
    (right) => ({
      publish: (batch, settle) =>
        right.publish(batch.map((one) => one.detach()).reverse(), (from, to, outcome) =>
          settle(batch.length - to, batch.length - from, outcome),
        ),
    }),
  ],
  "reorders batches": [
    "order",
    (right) => ({
      publish: (batch, settle) => {
        if (batch.length !== 20) right.publish(batch, settle);
        else {
          const kept = batch.map((message) => message.detach());
          setTimeout(() => right.publish(kept, settle), Math.random() * 10);
        }
      },
    }),
  ],
  "throws from publish": [
    "publish-never-throws",
    (right) => ({
      publish: (batch, settle) => {
        if (batch.map(({ routingKey }) => routingKey.length).some((length) => length > 255))
          throw new RangeError("the key is too long");
        right.publish(batch, settle);
      },
    }),
  ],
  "says refused of what was stored": [
    "refused-is-not-stored",
    (right) => ({
      publish: (batch, settle) => right.publish(batch, (from, to) => settle(from, to, refused)),
    }),
  ],
  "says unknown of what was stored": [
    "delivers",
    (right) => ({
      publish: (batch, settle) => right.publish(batch, (from, to) => settle(from, to, unknown)),
    }),
  ],
  "says unknown of what the broker refused": [
    "refusal-is-told",
    (right) => ({
      publish: (batch, settle) =>
        right.publish(batch, (from, to, outcome) =>
          settle(from, to, outcome.kind === "refused" ? unknown : outcome),
        ),
    }),
  ],
  "drops at close what it said was written": [
    "written-arrives",
    (right) => ({
      publish: (batch, settle) => {
        right.publish(batch, () => {});
        if (batch.length > 0) settle(0, batch.length, { kind: "written" });
      },
      close: () => right.close(AbortSignal.abort()),
    }),
  ],
  "says refused of what was in flight when the connection ended": [
    "refused-is-not-stored",
    (right, broker) => ({
      publish: (batch, settle) => {
        const ids = batch.map(({ messageId }) => messageId);
        right.publish(batch, (from, to, outcome) => {
          const id = ids[from];
          const isLast = broker.stored.at(-1)?.messageId === id && to === batch.length && batch.length === 10;
          settle(from, to, isLast ? refused : outcome);
        });
      },
    }),
  ],
  "says refused of all that is in flight beside a refused message": [
    "refusal-is-told",
    (right) => ({
      publish: (batch, settle) => {
        if (batch.length !== 11) return right.publish(batch, settle);
        settle(0, batch.length, refused);
      },
    }),
  ],
  "confirms what was not stored": [
    "confirmed-is-stored",
    () => ({ publish: (batch, settle) => batch.length > 0 && settle(0, batch.length, confirmed) }),
  ],
  "confirms what the broker refused": [
    "confirmed-is-stored",
    (right) => ({
      publish: (batch, settle) => right.publish(batch, (from, to) => settle(from, to, confirmed)),
    }),
  ],
  "says written although confirms are on": [
    "outcome-kind",
    (right) => ({
      publish: (batch, settle) => right.publish(batch, (from, to) => settle(from, to, { kind: "written" })),
    }),
  ],
  "refuses without a TransportError": [
    "outcome-kind",
    (right) => ({
      publish: (batch, settle) =>
        right.publish(batch, (from, to, outcome) =>
          settle(from, to, outcome.kind === "refused" ? ({ kind: "refused" } as PublishOutcome) : outcome),
        ),
    }),
  ],
  "settles with indices that include the end": [
    "settle-range",
    (right) => ({
      publish: (batch, settle) => right.publish(batch, (from, _to, outcome) => settle(from, from, outcome)),
    }),
  ],
  "settles beyond the batch": [
    "settle-range",
    (right) => ({
      publish: (batch, settle) =>
        right.publish(batch, (from, to, outcome) => settle(from + 1, to + 1, outcome)),
    }),
  ],
  "stores a message twice": [
    "stored-once",
    (right, broker) => ({
      publish: (batch, settle) =>
        right.publish(batch, (from, to, outcome) => {
          const last = broker.stored.at(-1);
          if (last !== undefined && batch.length === 10) broker.stored.push(last);
          settle(from, to, outcome);
        }),
    }),
  ],
  "reads a body as text": [
    "stored-intact",
    (right) => ({
      publish: (batch, settle) =>
        right.publish(
          batch.map((message) => message.detach({ body: Buffer.from(message.body().toString()) })),
          settle,
        ),
    }),
  ],
  "loses headers": [
    "stored-intact",
    (right) => ({
      publish: (batch, settle) =>
        right.publish(
          batch.map((message) => message.detach({ headers: {} })),
          settle,
        ),
    }),
  ],
};

isCaught("its publish()", onConnections(wrong));
