import { Connection, type ConsumerProps } from "rabbitmq-client";
import rascalPackage from "rascal";
import type { Handled } from "./consuming.js";
import { CONSUME_QUEUE as QUEUE } from "./queue.js";

type ReadEvent = Parameters<Handled["take"]>[0];

/** It parses JSON itself, by the content type, and acknowledges what `handle` resolves for. */
export function readByRabbitmqClient(
  url: string,
  props: Pick<ConsumerProps, "qos" | "concurrency">,
  handle: (event: ReadEvent) => Promise<void>,
): void {
  const consumer = new Connection(url).createConsumer(
    { queue: QUEUE, queueOptions: { passive: true }, ...props },
    (message) => handle(message.body),
  );
  consumer.on("error", (error) => {
    throw error;
  });
}

/** It parses JSON itself, too. */
export async function readByRascal(
  url: string,
  prefetch: number,
  handle: (event: ReadEvent, acknowledge: () => void) => void,
): Promise<void> {
  const broker = await rascalPackage.BrokerAsPromised.create({
    vhosts: {
      "/": {
        connection: { url },
        queues: [{ name: QUEUE, assert: false, check: true }],
        subscriptions: { all: { queue: QUEUE, prefetch } },
      },
    },
  });
  broker.on("error", (error) => {
    throw error;
  });
  const subscription = await broker.subscribe("all");
  subscription.on("message", (_, event, settle) => handle(event as ReadEvent, settle));
}
