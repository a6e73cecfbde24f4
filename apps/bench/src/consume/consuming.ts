import type { Endpoint, SubscribeRequest, Subscription, Transport, TransportOptions } from "@streamll/core";
import { silentLogger } from "@streamll/core";
import { type Channel, connect } from "amqplib";
import type { Contestant } from "../contestant.js";

/** As RabbitMQ's documentation recommends it: 100 to 300. */
export const PREFETCH = 200;

/** Counts what was handled, and ends each part of a run at its last event. */
export class Handled {
  #count = 0;
  #until = Number.POSITIVE_INFINITY;
  #reached = () => {};

  /** As every program: an event is of use once it is parsed. */
  take(event: { readonly execution_id?: string | null }): void {
    if (typeof event.execution_id !== "string") throw new Error("this is none of the bench's events");
    if (++this.#count === this.#until) this.#reached();
  }

  until(count: number): Promise<void> {
    this.#until = count;
    return new Promise((resolve) => {
      this.#reached = resolve;
      if (this.#count >= count) resolve();
    });
  }
}

/** Begins to consume with the first part of a run. */
export const consuming = (
  title: string,
  begin: (url: string, handled: Handled, events: number) => Promise<void>,
): Contestant => ({
  title,
  async prepare(url, events) {
    const handled = new Handled();
    let begun: Promise<void> | undefined;
    return async (_, to) => {
      const reached = handled.until(to);
      begun ??= begin(url, handled, events);
      await begun;
      await reached;
    };
  },
});

export async function channelTo(url: string, prefetch = PREFETCH): Promise<Channel> {
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.prefetch(prefetch);
  return channel;
}
const options: TransportOptions = {
  confirms: false,
  message: { exchange: "unused", contentType: "", appId: "", persistent: true, mandatory: false },
  topology: { mode: "none", exchanges: [], queues: [], bindings: [] },
  connectionTimeoutMs: 10_000,
  heartbeatMs: 60_000,
  connectionName: "bench",
  own: {},
  logger: silentLogger,
};

function endpointOf(url: string): Endpoint {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    ...{ scheme: protocol.slice(0, -1), host: hostname, port: Number(port) },
    ...(username === "" ? {} : { username, password }),
    ...{ path: decodeURIComponent(pathname.slice(1)), query: {}, label: hostname },
  };
}

/** What consuming costs below the engine. */
export const transportAlone = (
  create: (options: TransportOptions) => Transport,
  request: Omit<SubscribeRequest, "receive">,
): Contestant =>
  consuming("streamll's transport alone", async (url, handled) => {
    // A transport holds no process by itself: that is the engine's.
    setInterval(() => {}, 60_000);
    const done = { kind: "done", lazy: true } as const;
    const told = () => {};
    const subscribed: Promise<Subscription> = create(options).consuming!.subscribe(
      endpointOf(url),
      {
        ...request,
        receive(deliveries) {
          void subscribed.then((subscription) => {
            for (const delivery of deliveries) {
              handled.take(JSON.parse(delivery.body.toString()));
              subscription.settle(delivery, done, told);
            }
          });
        },
      },
      new AbortController().signal,
    );
    await subscribed;
  });
