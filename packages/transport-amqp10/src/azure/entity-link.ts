import { TransportError } from "@streamll/core";
import { within } from "@streamll/transport-kit";
import type { ReceiverOptions } from "rhea";
import type { Consuming } from "../consuming/consumer.js";
import { ConsumingLink, type ConsumingLinkSetup } from "../consuming/consuming-link.js";
import { Amqp10Delivery, type Lock } from "../consuming/delivery.js";
import type { Fault } from "../dialect.js";
import type { EntityManagement } from "./entity-management.js";
import { serviceBusReading } from "./reading.js";
import { stateOf } from "./settling.js";

/** Consuming from one queue or subscription, or from the dead letters of one. */
export interface EntityConsuming extends Consuming {
  readonly entity: string;
  readonly management: EntityManagement;
}

export type EntityLink = ConsumingLink<Amqp10Delivery>;

/** What differs from link to link. */
export type EntityLinkSetup = Pick<ConsumingLinkSetup<Amqp10Delivery>, "window" | "ended"> & {
  readonly attach?: ReceiverOptions;
  /** Of the session; absent: each delivery has its own. */
  readonly lock?: () => Lock;
  /** Default: the request's. */
  readonly receive?: (deliveries: readonly Amqp10Delivery[]) => void;
};

/** A link by peek-lock: the service keeps a message locked, and answers what becomes of it. */
export function entityLink(
  { wire, tap, entity, request }: EntityConsuming,
  { attach, lock, ...setup }: EntityLinkSetup,
): EntityLink {
  return new ConsumingLink({
    receive: (deliveries) => request.receive(deliveries),
    ...setup,
    ...{ wire, tap, stateOf },
    attach: { source: { address: entity }, ...attach, snd_settle_mode: 0, rcv_settle_mode: 1 },
    answers: true,
    // As Microsoft's clients stop it. What comes meanwhile is released, which does not count.
    stopsBy: "drain",
    deliveryOf: (payload, tag) =>
      new Amqp10Delivery(payload, serviceBusReading, ({ annotations }) =>
        lock === undefined
          ? { token: Buffer.from(tag), until: timeOf(annotations["x-opt-locked-until"]) }
          : lock(),
      ),
    lost: (deliveries) => request.lost?.(deliveries),
  });
}

const timeOf = (value: unknown): number => new Date(value as Date).getTime();

/** Gives back all that is open, waits for the answers, and ends. */
export async function giveBackAndClose(link: EntityLink): Promise<void> {
  // With credit left, what is given back would come again at once.
  await link.stop();
  for (const delivery of link.open) link.settle(delivery, { kind: "again", failed: false }, () => {});
  await link.close();
}

/** Resolves also where the service does not answer in time: what still comes is given back. */
export async function stopWithin({ open, label }: EntityConsuming, link: EntityLink): Promise<void> {
  const noAnswer = () => new TransportError("timeout", `${label}: the service did not answer a flow`);
  await within(open.timeoutMs, open.life, noAnswer, link.stop()).catch(() => {});
}

/** The broker has ended the subscription, and not the connection. */
export function cancelled(
  { label, entity }: EntityConsuming,
  { condition, description }: Fault,
): TransportError {
  const said = condition === undefined || condition === description ? "" : `${condition}: `;
  return new TransportError("cancelled", `${label}: ${entity}: the link was detached: ${said}${description}`);
}
