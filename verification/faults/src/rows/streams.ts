import * as broker from "../inflict/broker.js";
import * as cluster from "../inflict/cluster.js";
import * as network from "../inflict/network.js";
import * as security from "../inflict/security.js";
import * as topology from "../inflict/topology.js";
import type { Expectation, Row } from "../row.js";
import { lostAndBack, neverLost } from "./checks.js";

/** A stream has each event once, whatever happens. */
const once = { duplicated: "none" } as const satisfies Partial<Expectation>;

/** RabbitMQ 4 keeps silent for 3 s before it refuses. */
const patient = { connectionTimeout: 6 } as const;

const rows: readonly Omit<Row, "over">[] = [
  {
    number: 43,
    title: "stream: broker killed while 10,000 events are in flight",
    options: { maxInFlight: 10_500, heartbeat: 10, confirmTimeout: 30 },
    load: { events: 20_000, perSecond: 5000 },
    inflict: broker.killedInFlight,
    expect: {
      ...once,
      recoveredWithinMs: 6000,
      noticedWithinMs: 1000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: lostAndBack,
      log: [/^warn connect_failed TRANSPORT_UNREACHABLE/],
    },
  },
  {
    number: 44,
    title: "stream: broker killed during the handshake",
    inflict: broker.killedInHandshake,
    expect: {
      ...once,
      recoveredWithinMs: 6000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: ["connected"],
    },
  },
  {
    number: 45,
    title: "stream: broker killed while the sink makes the stream",
    inflict: broker.killedInDeclaration,
    expect: {
      ...once,
      recoveredWithinMs: 6000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE/],
      events: ["connected"],
    },
  },
  {
    number: 46,
    title: "stream: broker frozen (SIGSTOP) for three heartbeats, then thawed",
    inflict: broker.frozen,
    expect: {
      ...once,
      recoveredWithinMs: 5000,
      noticedWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_(UNREACHABLE|TIMEOUT)/],
      events: lostAndBack,
      log: [/^info disconnected .*heartbeat/i],
    },
  },
  {
    number: 47,
    title: "stream: black hole, packets vanish",
    fast: true,
    inflict: network.blackHole,
    expect: {
      ...once,
      recoveredWithinMs: 3000,
      noticedWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_(UNREACHABLE|TIMEOUT)/],
      events: lostAndBack,
      log: [/^info disconnected .*heartbeat/i],
    },
  },
  {
    number: 48,
    title: "stream: half-open, one direction silent, then the other",
    inflict: network.halfOpen,
    expect: {
      ...once,
      recoveredWithinMs: 3000,
      noticedWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_(UNREACHABLE|TIMEOUT)/],
      events: lostAndBack,
    },
  },
  {
    number: 49,
    title: "stream: connection cut inside a frame of events",
    fast: true,
    inflict: network.cutInContent,
    expect: { ...once, recoveredWithinMs: 2000, events: lostAndBack },
  },
  {
    number: 50,
    title: "stream: a line of 10 kB/s",
    options: { connectionTimeout: 10, flushTimeout: 40 },
    load: { events: 200, perSecond: 100 },
    inflict: network.narrow,
    expect: { ...once, also: neverLost },
  },
  {
    number: 51,
    title: "stream: disk alarm",
    inflict: topology.diskAlarm,
    expect: {
      ...once,
      recoveredWithinMs: 4000,
      health: [/^problem TRANSPORT_(TIMEOUT|THROTTLED)/],
      events: ["problem", "solved"],
    },
  },
  {
    number: 52,
    title: "stream deleted under load",
    inflict: topology.queueDeleted,
    expect: { ...once, recoveredWithinMs: 4000, events: lostAndBack },
  },
  {
    number: 53,
    title: "stream: password changed on the broker, connections closed",
    options: patient,
    inflict: topology.passwordChanged,
    expect: {
      ...once,
      recoveredWithinMs: 8000,
      health: [/^degraded, .*TRANSPORT_AUTH.*Check the user name and the password/],
      events: lostAndBack,
      log: [/^error connect_refused TRANSPORT_AUTH/],
    },
  },
  {
    number: 54,
    title: "stream: unknown virtual host, made later",
    options: patient,
    inflict: topology.unknownVirtualHost,
    expect: {
      ...once,
      recoveredWithinMs: 8000,
      health: [/^degraded, .*TRANSPORT_NOT_FOUND.*virtual host/],
      events: ["connected"],
      log: [/^error connect_refused TRANSPORT_NOT_FOUND/],
    },
  },
  {
    number: 55,
    title: "stream: permission taken away under load",
    inflict: topology.streamPermissionTaken,
    expect: {
      ...once,
      recoveredWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_PERMISSION.*Grant the user/],
      events: lostAndBack,
      log: [/^error connect_refused TRANSPORT_PERMISSION/],
    },
  },
  {
    number: 56,
    title:
      "stream, TLS: certificate rotated under load, expired, of another host, of an unknown CA, and good again",
    inflict: security.badCertificates,
    expect: {
      ...once,
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
    number: 57,
    title: "stream: node of the leader killed",
    on: "cluster",
    inflict: cluster.leaderKilled,
    expect: { ...once, recoveredWithinMs: 10_000, events: lostAndBack },
  },
  {
    number: 58,
    title: "stream: leader moved to another node",
    on: "cluster",
    inflict: cluster.leaderMoved,
    expect: { ...once, recoveredWithinMs: 10_000, events: lostAndBack },
  },
];

export const streamRows: readonly Row[] = rows.map((row) => ({ ...row, over: "streams" }));
