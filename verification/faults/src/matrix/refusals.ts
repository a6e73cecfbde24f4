import type { Fault } from "../fault.js";
import * as topology from "../inflict/topology.js";
import { lostAndBack, neverLost } from "./checks.js";

/** RabbitMQ 4 keeps silent for 3 s before it refuses a login over streams and AMQP 1.0. */
const lateRefusal = { options: { connectionTimeout: 6 }, expect: { recoveredWithinMs: 8000 } } as const;

/** What the sink publishes to is gone, or is not granted. */
export const refusals: readonly Fault[] = [
  {
    number: 26,
    title: "queue or stream deleted under load",
    over: {
      amqp: { called: "returned", fast: true },
      // A publisher of a stream is told at once, and connects anew.
      streams: {
        options: {},
        expect: { order: "kept", recoveredWithinMs: 4000, events: lostAndBack, also: () => [] },
      },
      amqp10: { called: "released" },
    },
    options: { heartbeat: 20, confirmTimeout: 20 },
    inflict: topology.queueDeleted,
    expect: { order: "n/a", recoveredWithinMs: 3000, also: neverLost },
  },
  {
    number: 27,
    title: "exchange deleted under load",
    over: {
      amqp: {
        called: "404",
        fast: true,
        expect: { log: [/^info disconnected TRANSPORT_NOT_FOUND: .*404/] },
      },
      amqp10: {
        called: "rejected, `amqp:not-found`",
        expect: { log: [/^info disconnected TRANSPORT_NOT_FOUND: .*amqp:not-found/] },
      },
    },
    // A second one that opens meanwhile makes the exchange anew.
    options: { connectionPoolSize: 1 },
    inflict: topology.exchangeDeleted,
    expect: {
      duplicated: "in flight",
      // What comes between the exchange and its binding, both made anew, is returned, and overtaken.
      order: "n/a",
      recoveredWithinMs: 3000,
      events: lostAndBack,
    },
  },
  {
    number: 28,
    title: "permission taken away under load",
    over: {
      amqp: { called: "403: to write to the exchange, then all", fast: true },
      streams: {
        inflict: topology.streamPermissionTaken,
        expect: { recoveredWithinMs: 5000, log: [/^error connect_refused TRANSPORT_PERMISSION/] },
      },
      amqp10: { called: "to write to the exchange, then all" },
    },
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
    number: 29,
    title: "password changed on the broker, connections closed",
    over: { amqp: {}, streams: lateRefusal, amqp10: lateRefusal },
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
    number: 30,
    title: "unknown virtual host, made later",
    over: { amqp: {}, streams: lateRefusal, amqp10: lateRefusal },
    inflict: topology.unknownVirtualHost,
    expect: {
      recoveredWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_NOT_FOUND.*virtual host/],
      events: ["connected"],
      log: [/^error connect_refused TRANSPORT_NOT_FOUND/],
    },
  },
  {
    number: 31,
    title: "one event of 1,000 has a routing key without topic permission",
    over: {
      amqp: {
        called: "403",
        fast: true,
        expect: { log: [/^error failed REJECTED: .*access to topic '…'.*Grant the user/] },
      },
      amqp10: {},
    },
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
];
