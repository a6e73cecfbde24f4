import * as broker from "../inflict/broker.js";
import * as cluster from "../inflict/cluster.js";
import * as network from "../inflict/network.js";
import * as security from "../inflict/security.js";
import * as topology from "../inflict/topology.js";
import type { Row } from "../row.js";
import { lostAndBack, neverLost } from "./checks.js";

const rows: readonly Omit<Row, "over">[] = [
  {
    number: 59,
    title: "AMQP 1.0: broker killed while a link's credit is in flight",
    options: { connectionPoolSize: 1, heartbeat: 10, confirmTimeout: 30 },
    load: { events: 20_000, perSecond: 5000 },
    // RabbitMQ grants a link some 170.
    inflict: (bench) => broker.killedInFlight(bench, 100),
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
    number: 60,
    title: "AMQP 1.0: broker killed during the handshake",
    inflict: broker.killedInHandshake,
    expect: {
      duplicated: "none",
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: ["connected"],
    },
  },
  {
    number: 61,
    title: "AMQP 1.0: broker killed while the sink declares its topology",
    inflict: broker.killedInDeclaration,
    expect: {
      duplicated: "none",
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: ["connected"],
    },
  },
  {
    number: 62,
    title: "AMQP 1.0: orderly shutdown of the broker",
    inflict: broker.shutDown,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_UNREACHABLE/],
    },
  },
  {
    number: 63,
    title: "AMQP 1.0: broker frozen (SIGSTOP) for three heartbeats, then thawed",
    inflict: broker.frozen,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 3000,
      noticedWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_(UNREACHABLE|TIMEOUT)/],
      events: lostAndBack,
      log: [/^info disconnected .*nothing was heard/],
    },
  },
  {
    number: 64,
    title: "AMQP 1.0: black hole, packets vanish",
    fast: true,
    inflict: network.blackHole,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 3000,
      noticedWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_(UNREACHABLE|TIMEOUT)/],
      events: lostAndBack,
      log: [/^info disconnected .*nothing was heard/],
    },
  },
  {
    number: 65,
    title: "AMQP 1.0: half-open, one direction silent, then the other",
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
    number: 66,
    title: "AMQP 1.0: connection cut inside a transfer",
    fast: true,
    inflict: network.cutInContent,
    expect: { duplicated: "in flight", recoveredWithinMs: 2000, events: lostAndBack },
  },
  {
    number: 67,
    title: "AMQP 1.0: a line of 10 kB/s",
    options: { connectionTimeout: 10, flushTimeout: 40 },
    load: { events: 200, perSecond: 100 },
    inflict: network.narrow,
    expect: { duplicated: "none", also: neverLost },
  },
  {
    number: 68,
    title: "AMQP 1.0: disk alarm (the session's window closed)",
    inflict: topology.diskAlarm,
    expect: {
      duplicated: "none",
      recoveredWithinMs: 3000,
      health: [/^degraded, blocked: .*alarm/, /^problem TRANSPORT_BLOCKED/],
      events: ["blocked", "unblocked", "problem", "solved"],
      log: [/^warn blocked: .*alarm/],
      also: neverLost,
    },
  },
  {
    number: 69,
    title: "AMQP 1.0: full queue with `overflow: reject-publish` (rejected)",
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
    number: 70,
    title: "AMQP 1.0: queue deleted under load (released)",
    options: { heartbeat: 20, confirmTimeout: 20 },
    inflict: topology.queueDeleted,
    expect: { duplicated: "none", order: "n/a", recoveredWithinMs: 3000, also: neverLost },
  },
  {
    number: 71,
    title: "AMQP 1.0: exchange deleted under load (rejected, `amqp:not-found`)",
    // A second one that opens meanwhile makes the exchange anew.
    options: { connectionPoolSize: 1 },
    inflict: topology.exchangeDeleted,
    expect: {
      duplicated: "in flight",
      // What comes between the exchange and its binding, both made anew, is released, and overtaken.
      order: "n/a",
      recoveredWithinMs: 3000,
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_NOT_FOUND: .*amqp:not-found/],
    },
  },
  {
    number: 72,
    title: "AMQP 1.0: permission taken away under load: to write to the exchange, then all",
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
    number: 73,
    title: "AMQP 1.0: password changed on the broker, connections closed",
    // RabbitMQ 4 keeps silent for 3 s before it refuses.
    options: { connectionTimeout: 6 },
    inflict: topology.passwordChanged,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 8000,
      health: [/^degraded, .*TRANSPORT_AUTH.*Check the user name and the password/],
      events: lostAndBack,
      log: [/^error connect_refused TRANSPORT_AUTH/],
    },
  },
  {
    number: 74,
    title: "AMQP 1.0: one event of 1,000 has a routing key that the broker refuses (topic permission)",
    load: { events: 1000 },
    behaviour: "oneIsOfAnotherType",
    inflict: topology.keyRefused,
    expect: {
      duplicated: "in flight",
      failed: { REJECTED: 1 },
      events: lostAndBack,
      log: [/^error failed REJECTED: .*Grant the user/],
    },
  },
  {
    number: 75,
    title:
      "AMQP 1.0, TLS: certificate rotated under load, expired, of another host, of an unknown CA, and good again",
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
    number: 85,
    title: "AMQP 1.0: OAuth 2 token expires under load, refreshed by `credentials()`",
    behaviour: "bringsTokens",
    inflict: security.tokensExpire,
    // RabbitMQ 4.0 takes a new one only with a new connection.
    expect: { duplicated: "none", events: lostAndBack, also: neverLost },
  },
  {
    number: 76,
    title: "AMQP 1.0: leader of a quorum queue killed",
    on: "cluster",
    options: { queueType: "quorum" },
    inflict: cluster.leaderKilled,
    expect: { duplicated: "in flight", recoveredWithinMs: 10_000, events: lostAndBack },
  },
  {
    number: 77,
    title: "AMQP 1.0: leader of a quorum queue moved to another node",
    on: "cluster",
    options: { queueType: "quorum" },
    inflict: cluster.quorumLeaderMoved,
    expect: { duplicated: "none", recoveredWithinMs: 10_000, also: neverLost },
  },
];

export const amqp10Rows: readonly Row[] = rows.map((row) => ({ ...row, over: "amqp10" }));
