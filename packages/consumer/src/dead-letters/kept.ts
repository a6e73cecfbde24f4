import type { Consuming, Delivery, Subscription } from "@streamll/core";

/**
 * Deliveries that stay where they are: for the engine they are done, for the broker they are with this consumer until it
 * stops, and then they come back to their places.
 */
export class Kept {
  readonly #deliveries = new Set<Delivery>();

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
    void subscription.closed.then(() => deliveries.clear());
    return {
      closed: subscription.closed,
      stop: () => subscription.stop(),
      settle(delivery, verdict, told) {
        if (deliveries.has(delivery) && verdict.kind === "done") told("settled");
        else subscription.settle(delivery, verdict, told);
      },
      close(signal) {
        for (const delivery of deliveries)
          subscription.settle(delivery, { kind: "again", failed: false }, () => {});
        return subscription.close(signal);
      },
    };
  }
}
