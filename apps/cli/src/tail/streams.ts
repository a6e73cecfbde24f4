import { type LogPosition, TransportError } from "@streamll/core";
import { LogOffsets, parseDuration, systemClock } from "@streamll/core/internal";
import { streamsTransport } from "@streamll/transport-streams";
import { UsageError } from "../exit.js";
import { handOver } from "./hand-over.js";
import { noExchange, type Subscribe } from "./subscription.js";

const none = () => {};

/** And not the virtual host. */
const isMissing = (error: unknown): boolean =>
  error instanceof TransportError &&
  error.kind === "not-found" &&
  /stream does not exist/.test(error.message);

/** Reads a stream or a super stream, and after a lost connection goes on where it was. */
export function subscribeStream(from: LogPosition): Subscribe {
  const offsets = new LogOffsets({
    ...{ options: { from, singleActive: false }, clock: systemClock },
    ...{ storeOffset: none, left: none, notStored: none },
  });
  return async (where, receive) => {
    const { endpoint, exchange: source, prefetch: window, options } = where;
    const transport = streamsTransport.create(options);
    const subscribed = transport.consuming!.subscribe(
      endpoint,
      {
        ...{ source, window, log: offsets.request },
        receive(deliveries) {
          for (const delivery of deliveries) {
            offsets.opened(delivery);
            const done = async () => {
              offsets.finished(delivery);
              (await subscribed).settle(delivery, { kind: "done" }, none);
            };
            handOver(delivery, receive, done);
          }
        },
      },
      new AbortController().signal,
    );
    const subscription = await subscribed.catch((error: unknown) => {
      throw isMissing(error) ? noExchange(where, error, "stream") : error;
    });
    const closed = subscription.closed.then((error) => {
      offsets.lost();
      return error?.message ?? "closed";
    });
    return { closed, close: () => subscription.close(AbortSignal.timeout(1000)) };
  };
}

/**
 * Where `--from` says: `first`, `last`, `next`, so long ago (`1h`), or a time.
 *
 * @throws UsageError
 */
export function positionOf(text: string, now = Date.now()): LogPosition {
  if (text === "first" || text === "last" || text === "next") return text;
  const date = /^\d{4}-/.test(text) ? Date.parse(text) : now - age(text);
  if (date >= 0) return new Date(date);
  throw new UsageError(
    "--from must be first, last, next, a duration such as 1h, or a time such as 2026-01-31T12:00Z",
  );
}

function age(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return Number.NaN;
  }
}
