import type { Broker, Cluster } from "@streamll/brokers";
import type { EventConsumerOptions } from "@streamll/consumer";
import type { FakeServiceBus } from "@streamll/fake-service-bus";
import type { Protocol } from "@streamll/harness";
import type { BehaviourName } from "./behaviours.js";
import { queueSource } from "./source/queue.js";
import { type EntityOptions, serviceBusSource } from "./source/service-bus.js";
import type { Source } from "./source/source.js";
import { type StreamOptions, streamSource } from "./source/stream.js";

export type ConsumingProtocol = Exclude<Protocol, "pubsub">;

/** A RabbitMQ, or a server that behaves as Azure Service Bus. */
export type ConsumingPlace = Broker | FakeServiceBus;

/** What a bench and its consumers are given, where a fault needs other than they usually have. */
export interface Given {
  /** Over those that every consumer has. */
  readonly options?: EventConsumerOptions;
  /** Default `ordinary`. */
  readonly behaviour?: BehaviourName;
  /** Of its stream, over streams. */
  readonly stream?: StreamOptions;
  /** Of its queue, over Service Bus. */
  readonly entity?: EntityOptions;
}

/** Where a fault is brought about, and over what. */
export interface Seat<Fault = Given> {
  readonly fault: Fault;
  readonly over: ConsumingProtocol;
  readonly place: ConsumingPlace;
  /** Of which the place is a node. */
  readonly cluster?: Cluster | undefined;
}

/** What the consumers of a bench of this name read. */
export function sourceOf({ fault, over, place }: Seat, name: string): Source {
  if ("faults" in place) return serviceBusSource(place, name, fault.entity);
  if (over === "streams") return streamSource(place, name, fault.stream);
  return queueSource(place, name, over === "amqp10" ? "1.0" : "0-9-1");
}
