import type { Fault } from "../fault.js";
import * as names from "../inflict/names.js";
import * as network from "../inflict/network.js";
import { lostAndBack, neverLost } from "./checks.js";

const silent = {
  duplicated: "in flight",
  recoveredWithinMs: 3000,
  noticedWithinMs: 5000,
  health: [/^degraded, .*TRANSPORT_(UNREACHABLE|TIMEOUT)/],
  events: lostAndBack,
} as const;

/** The line between sink and broker, and the name that leads to it. */
export const networkFaults: readonly Fault[] = [
  {
    number: 9,
    title: "black hole: packets vanish",
    fast: true,
    over: { amqp: {}, streams: {}, amqp10: {}, pubsub: {} },
    inflict: network.blackHole,
    expect: { ...silent, log: [/^info disconnected .*(heartbeat|nothing was heard)/i] },
  },
  {
    number: 10,
    title: "half-open: one direction silent, then the other",
    over: { amqp: {}, streams: {}, amqp10: {}, pubsub: {} },
    inflict: network.halfOpen,
    expect: silent,
  },
  {
    number: 11,
    title: "connections reset (RST)",
    over: { amqp: { fast: true }, streams: {}, amqp10: {}, pubsub: { fast: true } },
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
    title: "connection cut inside a frame that carries events",
    fast: true,
    over: { amqp: {}, streams: {}, amqp10: {} },
    inflict: network.cutInContent,
    expect: { duplicated: "in flight", recoveredWithinMs: 2000, events: lostAndBack },
  },
  {
    number: 13,
    title: "latency of 500 ms each way",
    over: { amqp: {} },
    options: { connectionTimeout: 30, heartbeat: 2 },
    load: { events: 5000 },
    inflict: network.slow,
    expect: { also: neverLost },
  },
  {
    number: 14,
    title: "a line of 10 kB/s",
    over: { amqp: {}, streams: {}, amqp10: {}, pubsub: {} },
    options: { connectionTimeout: 10, flushTimeout: 40 },
    load: { events: 200, perSecond: 100 },
    inflict: network.narrow,
    expect: { also: neverLost },
  },
  {
    number: 15,
    title: "connection refused at start until the circuit opens, then there",
    over: { amqp: { fast: true }, streams: {}, amqp10: {}, pubsub: { fast: true } },
    inflict: network.refusedAtStart,
    expect: {
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
    over: { amqp: {} },
    behaviour: "readsItsHosts",
    inflict: names.unresolved,
    expect: {
      recoveredWithinMs: 4000,
      health: [/^degraded, .*TRANSPORT_UNREACHABLE.*ENOTFOUND.*Check the host's name/, /circuit open/],
      events: ["connected"],
      log: [/^warn connect_failed TRANSPORT_UNREACHABLE: .*ENOTFOUND broker\.example/],
    },
  },
  {
    number: 17,
    title: "of four URLs one dead, one with a wrong password, one silent, one right",
    over: { amqp: {} },
    inflict: names.oneOfFour,
    expect: { duplicated: "in flight", recoveredWithinMs: 10_000, events: ["connected"] },
  },
  {
    number: 18,
    title: "the host's name moved to another address",
    over: { amqp: {} },
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
];
