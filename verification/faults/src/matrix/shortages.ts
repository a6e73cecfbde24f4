import type { Fault } from "../fault.js";
import * as topology from "../inflict/topology.js";
import { lostAndBack, neverLost } from "./checks.js";

const alarm = {
  recoveredWithinMs: 3000,
  events: ["blocked", "unblocked", "problem", "solved"],
  also: neverLost,
} as const;

/** The broker is there, and has no room. */
export const shortages: readonly Fault[] = [
  {
    number: 19,
    title: "memory alarm",
    over: { amqp: { called: "`connection.blocked`" } },
    inflict: topology.memoryAlarm,
    expect: {
      ...alarm,
      health: [
        /^degraded, blocked: .*memory/,
        /^problem TRANSPORT_BLOCKED: .*free the broker's memory or disk/,
      ],
      log: [/^warn blocked: .*memory/],
    },
  },
  {
    number: 20,
    title: "disk alarm",
    over: {
      amqp: {
        called: "`connection.blocked`",
        expect: {
          health: [
            /^degraded, blocked: .*disk/,
            /^problem TRANSPORT_BLOCKED: .*free the broker's memory or disk/,
          ],
          log: [/^warn blocked: .*disk/],
        },
      },
      // The stream protocol has no word for it: the broker stops to answer.
      streams: {
        expect: {
          recoveredWithinMs: 4000,
          health: [/^problem TRANSPORT_(TIMEOUT|THROTTLED)/],
          events: ["problem", "solved"],
          log: [],
          also: () => [],
        },
      },
      amqp10: { called: "the session's window closed" },
    },
    inflict: topology.diskAlarm,
    expect: {
      ...alarm,
      health: [/^degraded, blocked: .*alarm/, /^problem TRANSPORT_BLOCKED/],
      log: [/^warn blocked: .*alarm/],
    },
  },
  {
    number: 21,
    title: "full queue with `overflow: reject-publish`",
    over: { amqp: { called: "nack", fast: true }, amqp10: { called: "rejected" } },
    options: { maxRetries: 1, queueArguments: { "x-max-length": 500, "x-overflow": "reject-publish" } },
    load: { events: 1000 },
    inflict: topology.queueFull,
    expect: {
      failed: { RETRIES_EXHAUSTED: 500 },
      // What was refused is overtaken while it waits for its next try.
      order: "n/a",
      also: neverLost,
    },
  },
  {
    number: 22,
    title: "connection limit of the virtual host: two for a pool of five, then none",
    over: { amqp: {} },
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
    number: 23,
    title: "channel limit of 1: for a connection, and for the user",
    over: { amqp: {} },
    options: { maxInFlight: 500 },
    load: { perSecond: 5000, executions: 100_000 },
    inflict: topology.channelLimit,
    expect: {
      health: [/^problem TRANSPORT_THROTTLED: going on with 1 of 5 connections.*raise its limit/],
      log: [/^warn pool_lowered TRANSPORT_THROTTLED/],
      also: neverLost,
    },
  },
  {
    number: 24,
    title: "one event of 1,000 exceeds the broker's `max_message_size`",
    over: { amqp: {} },
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
    number: 25,
    title: "`frame_max` of 4096, then of 8192; headers of 6,000 bytes fit one of them",
    over: { amqp: {} },
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
];
