import * as broker from "../inflict/broker.js";
import * as cluster from "../inflict/cluster.js";
import * as host from "../inflict/host.js";
import * as names from "../inflict/names.js";
import * as network from "../inflict/network.js";
import * as security from "../inflict/security.js";
import * as topology from "../inflict/topology.js";
import type { Row } from "../row.js";
import { alwaysUp, lostAndBack, neverLost } from "./checks.js";

export const amqp091Rows: readonly Row[] = [
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
      events: lostAndBack,
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
    expect: { duplicated: "in flight", events: lostAndBack },
  },
  {
    number: 5,
    title: "broker killed during `flush()`",
    inflict: broker.killedInFlush,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      noticedWithinMs: 1000,
      events: lostAndBack,
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
      events: lostAndBack,
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
      events: lostAndBack,
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
      events: lostAndBack,
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
      events: lostAndBack,
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
      events: lostAndBack,
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
      events: lostAndBack,
      // Node's proxy sends a FIN just before the RST, and which is seen first is chance.
      log: [/^info disconnected TRANSPORT_UNREACHABLE: .*(ECONNRESET|hung up)/],
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
      events: lostAndBack,
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
    fast: true,
    behaviour: "readsItsHosts",
    inflict: names.unresolved,
    expect: {
      duplicated: "none",
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE.*ENOTFOUND.*Check the host's name/, /circuit open/],
      events: ["connected"],
      log: [/^warn connect_failed TRANSPORT_UNREACHABLE: .*ENOTFOUND broker\.example/],
    },
  },
  {
    number: 17,
    title: "of four URLs one dead, one with a wrong password, one silent, one right",
    inflict: names.oneOfFour,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 10_000,
      events: ["connected"],
    },
  },

  // The broker is there, and does not take everything
  {
    number: 18,
    title: "memory alarm (`connection.blocked`)",
    inflict: topology.memoryAlarm,
    expect: {
      duplicated: "none",
      recoveredWithinMs: 3000,
      health: [
        /^degraded, blocked: .*memory/,
        /^problem TRANSPORT_BLOCKED: .*free the broker's memory or disk/,
      ],
      events: ["blocked", "unblocked", "problem", "solved"],
      log: [/^warn blocked: .*memory/],
      also: neverLost,
    },
  },
  {
    number: 19,
    title: "disk alarm (`connection.blocked`)",
    inflict: topology.diskAlarm,
    expect: {
      duplicated: "none",
      recoveredWithinMs: 3000,
      health: [
        /^degraded, blocked: .*disk/,
        /^problem TRANSPORT_BLOCKED: .*free the broker's memory or disk/,
      ],
      events: ["blocked", "unblocked", "problem", "solved"],
      log: [/^warn blocked: .*disk/],
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
    fast: true,
    options: { heartbeat: 20, confirmTimeout: 20 },
    inflict: topology.queueDeleted,
    expect: { duplicated: "none", order: "n/a", recoveredWithinMs: 3000, also: neverLost },
  },
  {
    number: 22,
    title: "exchange deleted under load (404)",
    fast: true,
    // A second one that opens meanwhile makes the exchange anew.
    options: { connectionPoolSize: 1 },
    inflict: topology.exchangeDeleted,
    expect: {
      duplicated: "in flight",
      // What comes between the exchange and its binding, both made anew, is returned, and overtaken.
      order: "n/a",
      recoveredWithinMs: 3000,
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_NOT_FOUND: .*404/],
    },
  },
  {
    number: 23,
    title: "permission taken away under load (403): to write to the exchange, then all",
    fast: true,
    inflict: topology.permissionTaken,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_PERMISSION.*Grant the user/],
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_PERMISSION/, /^error connect_refused TRANSPORT_PERMISSION/],
    },
  },
  {
    number: 24,
    title: "password changed on the broker, connections closed",
    inflict: topology.passwordChanged,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_AUTH.*Check the user name and the password/],
      events: lostAndBack,
      log: [/^error connect_refused TRANSPORT_AUTH/],
    },
  },
  {
    number: 25,
    title: "connection limit of the virtual host: two for a pool of five, then none",
    options: { maxInFlight: 500 },
    // What an execution has buffered stays with its connection: only new ones ask for another.
    load: { perSecond: 5000, executions: 100_000 },
    inflict: topology.connectionLimit,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 5000,
      health: [
        // Two, or more: RabbitMQ lets connections that come at once past the limit.
        /^problem TRANSPORT_THROTTLED: going on with [2-4] of 5 connections.*raise its limit/,
        /^degraded, .*TRANSPORT_THROTTLED.*raise its limit/,
      ],
      events: lostAndBack,
      log: [/^warn pool_lowered TRANSPORT_THROTTLED/],
    },
  },
  {
    number: 26,
    title: "channel limit of 1: for a connection, and for the user",
    options: { maxInFlight: 500 },
    load: { perSecond: 5000, executions: 100_000 },
    inflict: topology.channelLimit,
    expect: {
      duplicated: "none",
      health: [/^problem TRANSPORT_THROTTLED: going on with 1 of 5 connections.*raise its limit/],
      log: [/^warn pool_lowered TRANSPORT_THROTTLED/],
      also: neverLost,
    },
  },
  {
    number: 27,
    title: "one event of 1,000 exceeds the broker's `max_message_size`",
    load: { events: 1000 },
    behaviour: "oneIsLarge",
    inflict: topology.tooLarge,
    expect: {
      duplicated: "in flight",
      failed: { EVENT_TOO_LARGE: 1 },
      order: "n/a",
      events: lostAndBack,
      log: [/^error failed EVENT_TOO_LARGE: .*Lower maxEventBytes, or raise the broker's max_message_size/],
    },
  },
  {
    number: 28,
    title: "one event of 1,000 has a routing key that the broker refuses (403, topic permission)",
    fast: true,
    load: { events: 1000 },
    behaviour: "oneIsOfAnotherType",
    inflict: topology.keyRefused,
    expect: {
      duplicated: "in flight",
      failed: { REJECTED: 1 },
      events: lostAndBack,
      log: [/^error failed REJECTED: .*access to topic '…'.*Grant the user/],
    },
  },
  {
    number: 29,
    title: "events that throw when they are read: encoded all the same where one can be, else not taken",
    fast: true,
    load: { events: 1000 },
    behaviour: "someThrowWhenRead",
    inflict: topology.oddEvents,
    expect: { duplicated: "none", refused: 1, log: [/^warn invalid_event: rejected an/], also: neverLost },
  },
  {
    number: 30,
    title: "`frame_max` of 4096, then of 8192; headers of 6,000 bytes fit one of them",
    load: { perSecond: 200, textBytes: 10_000 },
    behaviour: "someHaveLongHeaders",
    inflict: topology.smallFrames,
    expect: {
      duplicated: "in flight",
      failed: { EVENT_TOO_LARGE: "some" },
      recoveredWithinMs: 3000,
      log: [/^error failed EVENT_TOO_LARGE: .*do not fit one frame of 4096 bytes/],
    },
  },

  // A cluster of three
  {
    number: 31,
    title: "leader of a quorum queue killed",
    on: "cluster",
    options: { queueType: "quorum" },
    load: { perSecond: 1000 },
    inflict: cluster.leaderKilled,
    expect: { duplicated: "in flight", recoveredWithinMs: 10_000, events: lostAndBack },
  },
  {
    number: 32,
    title: "two of three nodes gone, then back",
    on: "cluster",
    options: { queueType: "quorum" },
    load: { perSecond: 1000 },
    inflict: cluster.majorityGone,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 20_000,
      health: [/^degraded, circuit open, TRANSPORT_UNREACHABLE/],
      events: ["disconnected", "connected", "problem", "solved"],
      log: [/^error circuit_open .*events wait in the buffer/],
    },
  },
  {
    number: 33,
    title: "leader of a quorum queue partitioned from the other two, then whole again",
    on: "cluster",
    options: { queueType: "quorum" },
    load: { perSecond: 1000 },
    inflict: cluster.partitioned,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 15_000,
      noticedWithinMs: 10_000,
      health: [/^problem TRANSPORT_TIMEOUT: .*no answer for .*See whether the broker hangs/],
      events: ["disconnected", "connected", "problem", "solved"],
    },
  },

  // Names, certificates, tokens
  {
    number: 34,
    title: "the host's name moved to another address",
    behaviour: "readsItsHosts",
    inflict: names.moved,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      noticedWithinMs: 1000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE.*Check host and port/],
      events: lostAndBack,
    },
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
      events: lostAndBack,
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
      events: lostAndBack,
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
    number: 40,
    title: "the queue's consumer never acknowledges",
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
