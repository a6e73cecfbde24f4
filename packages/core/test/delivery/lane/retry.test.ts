import { type PublishOutcome, TransportError, type TransportErrorKind } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { decide, decideTry, failureOf } from "../../../src/delivery/lane/retry.js";

const error = (kind: TransportErrorKind, permanent = false) => new TransportError(kind, "why", { permanent });
const refused = (kind: TransportErrorKind, more: { permanent?: boolean; shared?: boolean | number } = {}) =>
  ({
    kind: "refused",
    error: error(kind, more.permanent),
    ...(more.shared === undefined ? {} : { shared: more.shared }),
  }) satisfies PublishOutcome;

describe("an outcome", () => {
  const one = { events: 1, deduplication: false, numbered: false };
  const some = { ...one, events: 5 };
  const bound = { ...some, deduplication: true };
  const numbered = { ...bound, numbered: true };
  const nothing = undefined as unknown as PublishOutcome;

  it.each<[string, PublishOutcome, typeof one, object]>([
    ["confirmed", { kind: "confirmed" }, some, { do: "sent", as: "confirmed" }],
    ["written", { kind: "written" }, some, { do: "sent", as: "written" }],
    ["refused", refused("nack"), some, { do: "each", maybeStored: false }],
    ["refused without an error", { kind: "refused" } as PublishOutcome, one, { do: "each" }],
    ["refused, as one answer for several", refused("nack", { shared: true }), some, { do: "halve" }],
    ["refused, as one answer for so many", refused("nack", { shared: 3 }), one, { do: "halve" }],
    ["refused, as one answer for one", refused("nack", { shared: true }), one, { do: "each" }],
    [
      "refused as shared, of a publisher's own sequences",
      refused("nack", { shared: true }),
      numbered,
      { do: "each" },
    ],
    ["throttled", refused("throttled"), some, { do: "hold" }],
    ["throttled, as one answer for several", refused("throttled", { shared: true }), some, { do: "hold" }],
    ["throttled for good", refused("throttled", { permanent: true }), some, { do: "each" }],
    ["throttled where the broker deduplicates", refused("throttled"), bound, { do: "each" }],
    ["unknown", { kind: "unknown" }, some, { do: "each", maybeStored: true }],
    ["unknown where the broker deduplicates", { kind: "unknown" }, bound, { do: "rewind" }],
    ["none that the seam has", nothing, some, { do: "each", maybeStored: true }],
    ["none that the seam has, where the broker deduplicates", nothing, bound, { do: "rewind" }],
  ])("that is %s", (_name, outcome, state, decision) => {
    expect(decide(outcome, state)).toMatchObject(decision);
  });
});

describe("an event", () => {
  const state = { tries: 0, maxRetries: 3, numbered: false };

  it.each<[string, TransportError, typeof state, "retry" | "fail"]>([
    ["with tries left is tried again", error("nack"), { ...state, tries: 2 }, "retry"],
    ["without tries left fails", error("nack"), { ...state, tries: 3 }, "fail"],
    ["fails at once where no retry can help", error("nack", true), state, "fail"],
    [
      "under a sequence of the publisher's own fails at once",
      error("nack"),
      { ...state, numbered: true },
      "fail",
    ],
    ["fails at once with maxRetries 0", error("timeout"), { ...state, maxRetries: 0 }, "fail"],
  ])("%s", (_name, cause, tries, decision) => {
    expect(decideTry(cause, tries)).toBe(decision);
  });

  it.each<[string, TransportError, string]>([
    ["that no queue takes", error("unroutable"), "UNROUTABLE"],
    ["that is too large", error("too-large", true), "EVENT_TOO_LARGE"],
    ["that the broker will never take", error("protocol", true), "REJECTED"],
    ["that was refused at every try", error("nack"), "RETRIES_EXHAUSTED"],
  ])("%s fails with its code and the broker's reason", (_name, cause, code) => {
    expect(failureOf(cause)).toMatchObject({ code, cause });
  });
});
