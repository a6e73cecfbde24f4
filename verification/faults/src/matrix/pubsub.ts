import type { Fault } from "../fault.js";
import * as pubsub from "../inflict/pubsub.js";
import { lostAndBack, neverLost } from "./checks.js";

/** Of Google Cloud Pub/Sub alone. */
export const pubsubFaults: readonly Fault[] = [
  {
    number: 52,
    title: "a quota used up for 5 s (429)",
    fast: true,
    over: { pubsub: {} },
    inflict: pubsub.every({ status: "RESOURCE_EXHAUSTED" }, 5000),
    expect: {
      recoveredWithinMs: 3000,
      health: [/^degraded, blocked: .*quota/],
      events: ["blocked", "unblocked"],
      also: neverLost,
    },
  },
  {
    number: 53,
    title: "the service unavailable for 5 s (503)",
    fast: true,
    over: { pubsub: {} },
    inflict: pubsub.every({ status: "UNAVAILABLE" }, 5000),
    expect: {
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_TIMEOUT/],
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_TIMEOUT/],
    },
  },
  {
    number: 54,
    title: "requests carried out, and reset in the place of their answers",
    fast: true,
    over: { pubsub: {} },
    inflict: pubsub.answersLost,
    expect: { duplicated: "in flight", recoveredWithinMs: 3000, events: lostAndBack },
  },
];
