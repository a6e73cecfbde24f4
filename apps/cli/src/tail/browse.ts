import type { Plan } from "@streamll/sink/internal";
import { UsageError } from "../exit.js";
import { handOver } from "./hand-over.js";
import type { Subscribe } from "./subscription.js";

/**
 * Looks at the messages of a queue, and takes none.
 *
 * @throws UsageError for a place that such a queue does not have.
 */
export function browseQueue({ transport }: Plan, from: string): Subscribe {
  if (from !== "first" && from !== "next")
    throw new UsageError("--from must be first or next here: a queue has no other places");
  return async ({ endpoint, exchange: source, prefetch: window }, receive) => {
    const subscribed = transport.consuming!.subscribe(
      endpoint,
      {
        ...{ source, window, browse: from },
        receive(deliveries) {
          for (const delivery of deliveries) {
            const done = async () => (await subscribed).settle(delivery, { kind: "done" }, () => {});
            handOver(delivery, receive, done);
          }
        },
      },
      new AbortController().signal,
    );
    const { closed, close } = await subscribed;
    return {
      closed: closed.then((error) => error?.message ?? "closed"),
      close: () => close(AbortSignal.timeout(1000)),
    };
  };
}
