import type { Fault } from "../fault.js";
import * as broker from "../inflict/broker.js";
import { lostAndBack, unreachable } from "./checks.js";

/** A stream is open some time after its broker takes connections. */
const laterOnAStream = { expect: { recoveredWithinMs: 6000 } } as const;

/** The broker goes away, and comes back. */
export const brokerFaults: readonly Fault[] = [
  {
    number: 1,
    title: "broker killed while as many events are in flight as it takes",
    over: {
      amqp: { fast: true, called: "10,000" },
      streams: {
        called: "10,000",
        options: { maxInFlight: 10_500, heartbeat: 10, confirmTimeout: 30 },
        ...laterOnAStream,
      },
      // RabbitMQ grants a link some 170.
      amqp10: { called: "a link's credit", inflict: (bench) => broker.killedInFlight(bench, 100) },
    },
    options: { connectionPoolSize: 1, maxInFlight: 10_500, heartbeat: 10, confirmTimeout: 30 },
    load: { events: 20_000, perSecond: 5000 },
    inflict: broker.killedInFlight,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      noticedWithinMs: 1000,
      health: unreachable,
      events: lostAndBack,
      log: [/^warn connect_failed TRANSPORT_UNREACHABLE/],
    },
  },
  {
    number: 2,
    title: "broker killed during the handshake",
    over: { amqp: {}, streams: laterOnAStream, amqp10: {} },
    inflict: broker.killedInHandshake,
    expect: { recoveredWithinMs: 4000, health: unreachable, events: ["connected"] },
  },
  {
    number: 3,
    title: "broker killed while the sink declares its topology",
    over: { amqp: {}, streams: laterOnAStream, amqp10: {} },
    inflict: broker.killedInDeclaration,
    expect: { recoveredWithinMs: 4000, health: unreachable, events: ["connected"] },
  },
  {
    number: 4,
    title: "broker killed during `stop()`, and started again",
    over: { amqp: {} },
    inflict: broker.killedInStop,
    expect: { duplicated: "in flight", events: lostAndBack },
  },
  {
    number: 5,
    title: "broker killed during `flush()`",
    over: { amqp: {} },
    inflict: broker.killedInFlush,
    expect: { duplicated: "in flight", recoveredWithinMs: 4000, noticedWithinMs: 1000, events: lostAndBack },
  },
  {
    number: 6,
    title: "orderly shutdown of the broker",
    over: {
      amqp: {
        called: "320",
        // RabbitMQ 4.0 closes the socket at once: the client's next write may fail before it has read the reason.
        expect: { log: [/^info disconnected TRANSPORT_UNREACHABLE: .*(320|ECONNRESET|EPIPE)/] },
      },
      amqp10: {},
    },
    inflict: broker.shutDown,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 4000,
      health: unreachable,
      events: lostAndBack,
      log: [/^info disconnected TRANSPORT_UNREACHABLE/],
    },
  },
  {
    number: 7,
    title: "broker app restarted under load",
    over: { amqp: {} },
    inflict: broker.appRestarted,
    expect: { duplicated: "in flight", recoveredWithinMs: 4000, health: unreachable, events: lostAndBack },
  },
  {
    number: 8,
    title: "broker frozen (SIGSTOP) for three heartbeats, then thawed",
    over: { amqp: { fast: true }, streams: { expect: { recoveredWithinMs: 5000 } }, amqp10: {} },
    inflict: broker.frozen,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 3000,
      noticedWithinMs: 5000,
      health: [/^degraded, .*TRANSPORT_(UNREACHABLE|TIMEOUT)/],
      events: lostAndBack,
      log: [/^info disconnected .*(heartbeat|nothing was heard)/i],
    },
  },
];
