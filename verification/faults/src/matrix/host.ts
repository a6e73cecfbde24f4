import type { Fault } from "../fault.js";
import * as host from "../inflict/host.js";
import { alwaysUp, lostAndBack, lostAtMost, neverLost } from "./checks.js";

/** The host program, and what reads the queue. */
export const hostFaults: readonly Fault[] = [
  {
    number: 38,
    title: "events that throw when they are read: encoded all the same where one can be, else not taken",
    fast: true,
    over: { amqp: {} },
    load: { events: 1000 },
    behaviour: "someThrowWhenRead",
    inflict: host.oddEvents,
    expect: { refused: 1, log: [/^warn invalid_event: rejected an/], also: neverLost },
  },
  {
    number: 39,
    title: "the wall clock jumps back an hour, and forward again",
    over: { amqp: {} },
    inflict: host.clockBack,
    // A clock that jumps forward looks as after a suspended machine, whose connections are dead.
    expect: { duplicated: "in flight", recoveredWithinMs: 2000, also: (run) => lostAtMost(1, run) },
  },
  {
    number: 40,
    title: "the event loop blocked for 4 s (above `confirmTimeout`), then for 20 s (above the heartbeat)",
    over: { amqp: {} },
    options: { heartbeat: 5, confirmTimeout: 2 },
    inflict: host.loopBlocked,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_UNREACHABLE/],
    },
  },
  {
    number: 41,
    title: "heap nearly full, packets vanish: the limits of the buffer hold",
    fast: true,
    over: { amqp: {} },
    options: { maxBufferedBytes: "8MiB" },
    behaviour: "heapNearlyFull",
    load: { perSecond: 0 },
    inflict: host.heapFull,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      health: [/^problem BUFFER_FULL: the buffer is .*raise maxBufferedEvents or maxBufferedBytes/],
      // Not solved: the load is more than the broker takes, and keeps the buffer full.
      events: ["problem"],
      log: [/^warn buffer_filling BUFFER_FULL/],
      also: ({ timeline }) =>
        timeline.some((moment) => moment.kind === "sample" && moment.heapBytes > 90_000_000)
          ? []
          : ["the heap was not nearly full"],
    },
  },
  {
    number: 42,
    title: "the queue's consumer never acknowledges",
    over: { amqp: {} },
    load: { events: 10_000, perSecond: 5000 },
    inflict: host.neverAcknowledged,
    expect: { also: alwaysUp },
  },
  {
    number: 43,
    title: "`handleEvent` from `onFailure`, `metricsCallback` and during `stop()`",
    fast: true,
    over: { amqp: {} },
    options: {
      maxEventBytes: 10_000,
      overflow: "drop-oldest",
      maxBufferedEvents: 500,
      maxInFlight: 200,
      metricsInterval: 0.05,
      connectionTimeout: 10,
    },
    behaviour: "handsOverFromCallbacks",
    inflict: host.handedOverFromCallbacks,
    expect: {
      failed: { EVENT_TOO_LARGE: "some", DROPPED: "some" },
      log: [/^not taken from metricsCallback/, /^not taken from onFailure/],
      also: (run) => [
        ...neverLost(run),
        ...(run.verdict?.besides.length ? [] : ["no callback handed any over"]),
      ],
    },
  },
  {
    number: 44,
    title: "SIGTERM with `stopOnSignals()` under load",
    fast: true,
    over: { amqp: {} },
    behaviour: "stopsOnSignals",
    inflict: host.terminated,
    expect: { exit: { signal: "SIGTERM" }, also: neverLost },
  },
];
