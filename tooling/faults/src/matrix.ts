import * as broker from "./inflict/broker.js";
import * as host from "./inflict/host.js";
import * as network from "./inflict/network.js";
import * as security from "./inflict/security.js";
import * as topology from "./inflict/topology.js";
import type { Row } from "./row.js";
import type { Run } from "./run.js";

/**
 * Every fault and what has to come out of it, written before the first run. A row without `inflict` is not built yet:
 * `npm run faults` says so and fails.
 */
export const matrix: readonly Row[] = [
  // The broker goes
  {
    number: 1,
    title: "broker killed while 10,000 events are in flight",
    fast: true,
    options: { connectionPoolSize: 1, maxInFlight: 10_500, heartbeat: 10, confirmTimeout: 30 },
    load: { events: 20_000, perSecond: 5000 },
    inflict: broker.killedInFlight,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      noticedWithinMs: 1000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: ["disconnected", "connected"],
      log: [/^warn connect_failed TRANSPORT_UNREACHABLE/],
    },
  },
  {
    number: 2,
    title: "broker killed during the handshake",
    inflict: broker.killedInHandshake,
    expect: {
      duplicated: "none",
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: ["connected"],
    },
  },
  {
    number: 3,
    title: "broker killed while the sink declares its topology",
    inflict: broker.killedInDeclaration,
    expect: {
      duplicated: "none",
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: ["connected"],
    },
  },
  {
    number: 4,
    title: "broker killed during `stop()`, and started again",
    inflict: broker.killedInStop,
    expect: { duplicated: "in flight", events: ["disconnected", "connected"] },
  },
  {
    number: 5,
    title: "broker killed during `flush()`",
    inflict: broker.killedInFlush,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      noticedWithinMs: 1000,
      events: ["disconnected", "connected"],
    },
  },
  {
    number: 6,
    title: "orderly shutdown of the broker (320)",
    inflict: broker.shutDown,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: ["disconnected", "connected"],
      // RabbitMQ 4.0 closes the socket at once: the client's next write may fail before it has read the reason.
      log: [/^info disconnected TRANSPORT_UNREACHABLE: .*(320|ECONNRESET|EPIPE)/],
    },
  },
  {
    number: 7,
    title: "broker app restarted under load",
    inflict: broker.appRestarted,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: ["disconnected", "connected"],
    },
  },
  {
    number: 8,
    title: "broker frozen (SIGSTOP) for three heartbeats, then thawed",
    fast: true,
    inflict: broker.frozen,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 3000,
      noticedWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_(UNREACHABLE|TIMEOUT)/],
      events: ["disconnected", "connected"],
      log: [/^info disconnected .*heartbeat/i],
    },
  },

  // The network
  {
    number: 9,
    title: "black hole: packets vanish",
    fast: true,
    inflict: network.blackHole,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 3000,
      noticedWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_(UNREACHABLE|TIMEOUT)/],
      events: ["disconnected", "connected"],
      log: [/^info disconnected .*heartbeat/i],
    },
  },
  {
    number: 10,
    title: "half-open: one direction silent, then the other",
    inflict: network.halfOpen,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 3000,
      noticedWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_(UNREACHABLE|TIMEOUT)/],
      events: ["disconnected", "connected"],
    },
  },
  {
    number: 11,
    title: "connections reset (RST)",
    fast: true,
    inflict: network.reset,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 2000,
      noticedWithinMs: 500,
      events: ["disconnected", "connected"],
      log: [/^info disconnected TRANSPORT_UNREACHABLE: .*ECONNRESET/],
    },
  },
  {
    number: 12,
    title: "connection cut inside a content frame",
    fast: true,
    inflict: network.cutInContent,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 2000,
      events: ["disconnected", "connected"],
    },
  },
  {
    number: 13,
    title: "latency of 500 ms each way",
    options: { connectionTimeout: 30, heartbeat: 2 },
    load: { events: 5000 },
    inflict: network.slow,
    expect: { duplicated: "none", also: neverLost },
  },
  {
    number: 14,
    title: "a line of 10 kB/s",
    options: { connectionTimeout: 10, flushTimeout: 40 },
    load: { events: 200, perSecond: 100 },
    inflict: network.narrow,
    expect: { duplicated: "none", also: neverLost },
  },
  {
    number: 15,
    title: "connection refused at start until the circuit opens, then there",
    fast: true,
    inflict: network.refusedAtStart,
    expect: {
      duplicated: "none",
      recoveredWithinMs: 3000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE.*ECONNREFUSED/, /circuit open/],
      events: ["connected"],
      log: [
        /^warn connect_failed TRANSPORT_UNREACHABLE: .*ECONNREFUSED/,
        /^error circuit_open .*events wait in the buffer/,
      ],
    },
  },
  {
    number: 16,
    title: "the host's name does not resolve, then does",
    expect: {
      duplicated: "none",
      recoveredWithinMs: 3000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE.*(ENOTFOUND|EAI_AGAIN)/],
      events: ["connected"],
    },
  },
  {
    number: 17,
    title: "of three URLs one dead, one slow, one right",
    expect: { duplicated: "none", recoveredWithinMs: 5000, events: ["connected"] },
  },

  // The broker is there, and does not take everything
  {
    number: 18,
    title: "memory alarm (`connection.blocked`)",
    expect: {
      duplicated: "none",
      recoveredWithinMs: 3000,
      noticedWithinMs: 2000,
      health: [/^degraded, blocked: .*memory/],
      events: ["blocked", "unblocked"],
      log: [/^warn blocked: /],
      also: neverLost,
    },
  },
  {
    number: 19,
    title: "disk alarm (`connection.blocked`)",
    expect: {
      duplicated: "none",
      recoveredWithinMs: 3000,
      noticedWithinMs: 2000,
      health: [/^degraded, blocked: .*disk/],
      events: ["blocked", "unblocked"],
      log: [/^warn blocked: /],
      also: neverLost,
    },
  },
  {
    number: 20,
    title: "full queue with `overflow: reject-publish` (nack)",
    fast: true,
    options: { maxRetries: 1, queueArguments: { "x-max-length": 500, "x-overflow": "reject-publish" } },
    load: { events: 1000 },
    inflict: topology.queueFull,
    expect: {
      duplicated: "none",
      failed: { RETRIES_EXHAUSTED: 500 },
      // What was refused is overtaken while it waits for its next try.
      order: "n/a",
      also: neverLost,
    },
  },
  {
    number: 21,
    title: "queue deleted under load (returned)",
    expect: { duplicated: "none", failed: { UNROUTABLE: "some" }, order: "n/a", recoveredWithinMs: 3000 },
  },
  {
    number: 22,
    title: "exchange deleted under load (404)",
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 3000,
      events: ["disconnected", "connected"],
      log: [/^info disconnected TRANSPORT_NOT_FOUND: .*404/],
    },
  },
  {
    number: 23,
    title: "permission taken away under load (403)",
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 3000,
      health: [/^degraded, .*TRANSPORT_PERMISSION/],
      events: ["disconnected", "connected"],
      log: [/^error connect_refused TRANSPORT_PERMISSION/],
    },
  },
  {
    number: 24,
    title: "password changed on the broker, connections closed",
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 3000,
      health: [/^degraded, .*TRANSPORT_AUTH/],
      events: ["disconnected", "connected"],
      log: [/^error connect_refused TRANSPORT_AUTH/],
    },
  },
  {
    number: 25,
    title: "connection limit of the virtual host reached",
    expect: { duplicated: "in flight", recoveredWithinMs: 3000, log: [/limit/] },
  },
  {
    number: 26,
    title: "channel limit of 1",
    expect: { duplicated: "none", also: neverLost },
  },
  {
    number: 27,
    title: "one event of 1,000 exceeds the broker's `max_message_size`",
    load: { events: 1000 },
    expect: { duplicated: "in flight", failed: { EVENT_TOO_LARGE: 1 } },
  },
  {
    number: 28,
    title: "one event of 1,000 has a property that the broker refuses",
    load: { events: 1000 },
    expect: { duplicated: "in flight", failed: { REJECTED: 1 } },
  },
  {
    number: 29,
    title: "one event of 1,000 makes the encoder throw",
    load: { events: 1000 },
    expect: { duplicated: "none", failed: { REJECTED: 1 }, also: neverLost },
  },
  {
    number: 30,
    title: "`frame_max` of 4096 and 8192",
    expect: { duplicated: "in flight", recoveredWithinMs: 3000 },
  },

  // A cluster of three
  {
    number: 31,
    title: "leader of a quorum queue killed",
    on: "cluster",
    options: { queueType: "quorum" },
    expect: { duplicated: "in flight", recoveredWithinMs: 15_000, events: ["disconnected", "connected"] },
  },
  {
    number: 32,
    title: "two of three nodes gone, then back",
    on: "cluster",
    options: { queueType: "quorum" },
    expect: { duplicated: "in flight", recoveredWithinMs: 20_000 },
  },
  {
    number: 33,
    title: "the cluster partitioned, then whole again",
    on: "cluster",
    options: { queueType: "quorum" },
    expect: { duplicated: "in flight", recoveredWithinMs: 30_000 },
  },

  // Names, certificates, tokens
  {
    number: 34,
    title: "the host's name moved to another address",
    expect: { duplicated: "in flight", recoveredWithinMs: 4000, events: ["disconnected", "connected"] },
  },
  {
    number: 35,
    title: "TLS: certificate rotated under load, expired, of another host, of an unknown CA, and good again",
    inflict: security.badCertificates,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      health: [
        /^degraded, .*TRANSPORT_TLS: .*expired.*Check the certificates/,
        /^degraded, .*TRANSPORT_TLS: .*elsewhere\.example.*Check the certificates/,
        /^degraded, .*TRANSPORT_TLS: .*(unable to verify|signature).*Check the certificates/,
      ],
      events: ["disconnected", "connected"],
    },
  },
  {
    number: 36,
    title: "OAuth 2 token expires under load, refreshed by `credentials()`",
    behaviour: "bringsTokens",
    inflict: security.tokensExpire,
    expect: { duplicated: "none", also: alwaysUp },
  },

  // The host program
  {
    number: 37,
    title: "the wall clock jumps back an hour, and forward again",
    inflict: host.clockBack,
    expect: { duplicated: "none", recoveredWithinMs: 2000, also: alwaysUp },
  },
  {
    number: 38,
    title: "the event loop blocked for 4 s (above `confirmTimeout`), then for 20 s (above the heartbeat)",
    options: { heartbeat: 5, confirmTimeout: 2 },
    inflict: host.loopBlocked,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      events: ["disconnected", "connected"],
      log: [/^info disconnected TRANSPORT_UNREACHABLE/],
    },
  },
  {
    number: 39,
    title: "heap nearly full, packets vanish: the limits of the buffer hold",
    fast: true,
    options: { maxBufferedBytes: "8MiB" },
    behaviour: "heapNearlyFull",
    load: { perSecond: 0 },
    inflict: host.heapFull,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      health: [/^problem BUFFER_FULL: the buffer is .*raise maxBufferedEvents or maxBufferedBytes/],
      events: ["problem", "solved"],
      log: [/^warn buffer_filling BUFFER_FULL/],
      also: ({ timeline }) =>
        timeline.some((moment) => moment.kind === "sample" && moment.heapBytes > 90_000_000)
          ? []
          : ["the heap was not nearly full"],
    },
  },
  {
    number: 40,
    title: "the queue's consumer never acknowledges",
    fast: true,
    load: { events: 10_000, perSecond: 5000 },
    inflict: host.neverAcknowledged,
    expect: { duplicated: "none", also: alwaysUp },
  },
  {
    number: 41,
    title: "`handleEvent` from `onFailure`, `metricsCallback` and during `stop()`",
    fast: true,
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
      duplicated: "none",
      failed: { EVENT_TOO_LARGE: "some", DROPPED: "some" },
      log: [/^not taken from metricsCallback/, /^not taken from onFailure/],
      also: (run) => [
        ...neverLost(run),
        ...(run.verdict?.besides.length ? [] : ["no callback handed any over"]),
      ],
    },
  },
  {
    number: 42,
    title: "SIGTERM with `stopOnSignals()` under load",
    fast: true,
    behaviour: "stopsOnSignals",
    inflict: host.terminated,
    expect: { duplicated: "none", exit: { signal: "SIGTERM" }, also: neverLost },
  },
];

/** From the beginning of the fault on. */
function alwaysUp(run: Run): string[] {
  const unwell = run.timeline.some(
    ({ at, ...said }) => at >= run.faultAt && said.kind === "sample" && said.health.status === "degraded",
  );
  return [...neverLost(run), ...(unwell ? ["health() was not up all the time"] : [])];
}

/** Through the whole run. */
function neverLost({ timeline }: Run): string[] {
  const lost = timeline.filter(
    (moment) => moment.kind === "event" && moment.name === "disconnected" && moment.hadError,
  );
  return lost.length === 0 ? [] : [`${lost.length} connections were lost`];
}
