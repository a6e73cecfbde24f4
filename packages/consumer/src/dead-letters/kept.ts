import type { Consuming, Delivery, Subscription } from "@streamll/core";
import { Locks, systemClock } from "@streamll/core/internal";

/**
 * Deliveries that stay where they are: for the engine they are done, for the broker they are with this consumer until it
 * stops, and then they come back to their places.
 */
export class Kept {
  readonly #deliveries = new Set<Delivery>();
  /** Where the broker keeps a delivery for a time only. */
  readonly #locks = new Locks({
    clock: systemClock,
    now: Date.now,
    lost: (delivery) => this.#deliveries.delete(delivery),
  });

  get size(): number {
    return this.#deliveries.size;
  }

  /** Before it is settled as done. */
  keep(delivery: Delivery): void {
    this.#deliveries.add(delivery);
  }

  /** A consuming whose deliveries can be kept. */
  within(consuming: Consuming): Consuming {
    return {
      ...consuming,
      subscribe: async (...request) => this.#wrapped(await consuming.subscribe(...request)),
    };
  }

  #wrapped(subscription: Subscription): Subscription {
    const deliveries = this.#deliveries;
    const locks = this.#locks;
    const { closed, renew, waiting } = subscription;
    void closed.then(() => {
      deliveries.clear();
      locks.clear();
    });
    return {
      closed,
      ...(renew && { renew }),
      ...(waiting && { waiting }),
      stop: () => subscription.stop(),
      settle(delivery, verdict, told) {
        if (!deliveries.has(delivery) || verdict.kind !== "done")
          return subscription.settle(delivery, verdict, told);
        locks.hold(delivery, subscription);
        told("settled");
      },
      close(signal) {
        for (const delivery of deliveries)
          subscription.settle(delivery, { kind: "again", failed: false }, () => {});
        return subscription.close(signal);
      },
    };
  }
}
