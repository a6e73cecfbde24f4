import type { Fault } from "../fault.js";
import * as cluster from "../inflict/cluster.js";
import { lostAndBack, neverLost } from "./checks.js";

const quorum = { queueType: "quorum" } as const;

/** A cluster of three nodes. */
export const clusterFaults: readonly Fault[] = [
  {
    number: 32,
    title: "node of the leader killed",
    on: "cluster",
    over: {
      amqp: { called: "quorum queue", options: quorum },
      streams: { called: "stream" },
      amqp10: { called: "quorum queue", options: quorum },
    },
    inflict: cluster.leaderKilled,
    expect: { duplicated: "in flight", recoveredWithinMs: 10_000, events: lostAndBack },
  },
  {
    number: 33,
    title: "leader moved to another node",
    on: "cluster",
    over: {
      streams: { called: "stream", expect: { events: lostAndBack } },
      amqp10: {
        called: "quorum queue",
        options: quorum,
        inflict: cluster.quorumLeaderMoved,
        expect: { also: neverLost },
      },
    },
    inflict: cluster.leaderMoved,
    expect: { recoveredWithinMs: 10_000 },
  },
  {
    number: 34,
    title: "two of three nodes gone, then back",
    on: "cluster",
    over: { amqp: { called: "quorum queue" } },
    options: quorum,
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
    number: 35,
    title: "leader partitioned from the other two nodes, then whole again",
    on: "cluster",
    over: { amqp: { called: "quorum queue" } },
    options: quorum,
    inflict: cluster.partitioned,
    expect: {
      duplicated: "in flight",
      recoveredWithinMs: 15_000,
      noticedWithinMs: 10_000,
      health: [/^problem TRANSPORT_TIMEOUT: .*no answer for /],
      events: ["disconnected", "connected", "problem", "solved"],
    },
  },
];
