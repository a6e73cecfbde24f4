import { amqp10Contestants } from "./amqp10/contestants.js";
import { batchContestants } from "./batch/contestants.js";
import { receiveContestants } from "./consume/amqp10-contestants.js";
import { consumeContestants } from "./consume/contestants.js";
import { handlerContestants } from "./consume/handlers.js";
import { readContestants } from "./consume/stream-contestants.js";
import type { Contestant } from "./contestant.js";
import { pubsubContestants } from "./pubsub/contestants.js";
import { queueContestants } from "./queues/contestants.js";
import { serviceBusContestants } from "./service-bus/contestants.js";
import { spoolContestants, spoolStreamContestants } from "./spool/contestants.js";
import { streamContestants } from "./streams/contestants.js";

/** Those who are measured beside each other. */
export type Field = Readonly<Record<string, Contestant>>;

export type FieldName =
  | "queues"
  | "batch"
  | "streams"
  | "amqp10"
  | "consume"
  | "handlers"
  | "read"
  | "spool"
  | "spoolStreams"
  | "receive"
  | "serviceBus"
  | "pubsub";

export const fields: Readonly<Record<FieldName, Field>> = {
  queues: queueContestants,
  batch: batchContestants,
  streams: streamContestants,
  amqp10: amqp10Contestants,
  consume: consumeContestants,
  handlers: handlerContestants,
  pubsub: pubsubContestants,
  read: readContestants,
  spool: spoolContestants,
  spoolStreams: spoolStreamContestants,
  receive: receiveContestants,
  serviceBus: serviceBusContestants,
};

/** The contestant whose rate is what the others' is told as a part of, and the one whose CPU is. */
export const references: Readonly<Record<FieldName, { readonly rate: string; readonly cpu: string }>> = {
  queues: { rate: "replay", cpu: "pipelined" },
  batch: { rate: "streamll", cpu: "streamll" },
  streams: { rate: "replay", cpu: "inline" },
  amqp10: { rate: "pipelined", cpu: "pipelined" },
  consume: { rate: "amqplibByHand", cpu: "amqplibByHand" },
  handlers: { rate: "amqplib", cpu: "amqplib" },
  pubsub: { rate: "google", cpu: "google" },
  read: { rate: "official", cpu: "official" },
  spool: { rate: "none", cpu: "none" },
  spoolStreams: { rate: "none", cpu: "none" },
  receive: { rate: "rhea", cpu: "rhea" },
  serviceBus: { rate: "subscribed", cpu: "subscribed" },
};
