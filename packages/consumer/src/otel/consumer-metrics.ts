import type { Instruments, Observe } from "@streamll/connection/internal";
import type { ConsumingEngine } from "@streamll/core/internal";

/** What is read of a consumer when metrics are collected. */
export type Observed = Pick<ConsumingEngine, "stats" | "health">;

export const consumerMetrics =
  (consumer: Observed) =>
  ({ counter, gauge }: Instruments): ((observe: Observe) => void) => {
    const events = (name: string, description: string) => counter(`event.${name}`, "{event}", description);
    const received = events(
      "received",
      "Events that the broker handed over, those that came again included.",
    );
    const handled = events("handled", "Events whose handler ended well.");
    const retried = events("retried", "Tries after the first.");
    const deadLettered = events("dead_lettered", "Events that were given up.");
    const duplicate = events("duplicate", "Events that were done before, and not handled again.");
    const givenBack = events("given_back", "Events that were given back to the broker.");
    const inHand = gauge("event.inflight", "{event}", "Events in hand, in the pauses between tries too.");
    const waiting = gauge(
      "event.queue.size",
      "{event}",
      "Events that were received, and wait for their turn.",
    );
    const open = gauge("connection.open", "{connection}", "1 while the consumer is subscribed, else 0.");
    const reconnects = counter("connection.reconnects", "{connection}", "Subscriptions after the first.");
    return (observe) => {
      const stats = consumer.stats();
      observe(received, stats.events_received);
      observe(handled, stats.events_handled);
      observe(retried, stats.events_retried);
      observe(deadLettered, stats.events_dead_lettered);
      observe(duplicate, stats.events_duplicate);
      observe(givenBack, stats.events_given_back);
      observe(inHand, stats.events_in_hand);
      observe(waiting, stats.events_waiting);
      observe(open, stats.subscribed ? 1 : 0);
      observe(reconnects, stats.reconnects);
    };
  };
