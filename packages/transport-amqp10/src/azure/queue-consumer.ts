import type { SettlementOutcome, Verdict } from "@streamll/core";
import { isTransportError } from "@streamll/core/internal";
import type { Consumer } from "../consuming/consumer.js";
import type { Amqp10Delivery } from "../consuming/delivery.js";
import type { Told } from "../consuming/settlements.js";
import type { Fault } from "../dialect.js";
import {
  cancelled,
  type EntityConsuming,
  type EntityLink,
  entityLink,
  giveBackAndClose,
  stopWithin,
} from "./entity-link.js";
import { lockRenewals } from "./renewals.js";

/** A link that is detached sooner after its attach than this is not attached again: the engine has more patience. */
const LEAST_LIFE_MS = 1000;

/**
 * Consumes from a queue without sessions. A link that is detached, as an idle one is after ten minutes, is attached
 * again: locks outlive their link, and what was delivered before is settled by its lock.
 */
export async function consumeQueue(consuming: EntityConsuming): Promise<Consumer> {
  const { request, management, attaching, entity, failed } = consuming;
  const renewLock = lockRenewals(management);
  /** Of links that are gone. */
  const detached = new Set<Amqp10Delivery>();
  /** Those who wait for the management node. */
  const settling = new Set<Told>();
  let whenSettled: (() => void) | undefined;
  let isStopped = false;
  let link = await attached();

  async function attached(): Promise<EntityLink> {
    await attaching(entity);
    const attachedAt = Date.now();
    const fresh = entityLink(consuming, {
      window: () => request.window - detached.size,
      ended(fault, pending) {
        for (const delivery of fresh.open) detached.add(delivery);
        for (const { delivery, verdict, told } of pending) settleByLock(delivery, verdict, told);
        if (!isStopped) void attachAgain(fault, Date.now() - attachedAt);
      },
    });
    await fresh.attach();
    return fresh;
  }

  async function attachAgain(fault: Fault, livedMs: number): Promise<void> {
    try {
      if (livedMs < LEAST_LIFE_MS) {
        await settled();
        return failed(cancelled(consuming, fault));
      }
      link = await attached();
      if (isStopped) await link.stop();
    } catch {
      failed(cancelled(consuming, fault));
    }
  }

  function settleByLock({ lock }: Amqp10Delivery, verdict: Verdict, told: Told): void {
    const tell = (outcome: SettlementOutcome) => {
      if (settling.delete(tell)) told(outcome);
      if (settling.size === 0) whenSettled?.();
      link.grant();
    };
    settling.add(tell);
    management.settle(lock!, verdict).then(
      () => tell("settled"),
      // Also where an answer was lost on the way, and the service has it: it comes again, if at all.
      () => tell("lost"),
    );
  }

  async function settled(): Promise<void> {
    if (settling.size > 0)
      await new Promise<void>((resolve) => {
        whenSettled = resolve;
      });
  }

  return {
    settle(given, verdict, told) {
      const delivery = given as Amqp10Delivery;
      if (link.settle(delivery, verdict, told)) return;
      if (!detached.delete(delivery)) return told("lost");
      settleByLock(delivery, verdict, told);
    },
    async renew(given) {
      const { lock } = given as Amqp10Delivery;
      try {
        await renewLock(lock!);
      } catch (error) {
        if (isTransportError(error) && error.permanent) detached.delete(given as Amqp10Delivery);
        throw error;
      }
    },
    stop() {
      isStopped = true;
      return stopWithin(consuming, link);
    },
    async close() {
      await giveBackAndClose(link);
      await settled();
    },
    leave() {
      link.leave();
      detached.clear();
      for (const tell of settling) tell("lost");
      whenSettled?.();
    },
  };
}
