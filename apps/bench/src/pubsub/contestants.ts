import type { PubSub } from "@google-cloud/pubsub";
import type { WireEvent } from "@streamll/core";
import { pubsubTransport } from "@streamll/transport-pubsub";
import { type Contestant, throughSink } from "../contestant.js";
import { EXCHANGE, ROUTING_KEY, readyEvent, routingKey } from "../event.js";
import { floor } from "../floor.js";

/** As Google's examples have it: the client gathers them into requests by itself. */
const IN_FLIGHT = 4096;

/** What streamll sets. */
const attributesOf = (event: WireEvent) => ({
  streamll_version: "0.0.0",
  event_type: event.event_type,
  operation: event.operation ?? "",
  module_name: event.module_name ?? "",
  execution_id: event.execution_id ?? "",
  message_id: event.event_id ?? "",
  correlation_id: event.execution_id ?? "",
  type: event.event_type,
  timestamp: String(Date.parse(String(event.timestamp))),
  content_type: "application/json",
  routing_key: routingKey(event),
  app_id: "streamll",
});

const google = (
  title: string,
  batching: { readonly maxMessages: number; readonly maxMilliseconds: number },
  attributes?: (event: WireEvent) => Record<string, string>,
): Contestant => ({
  title,
  async prepare(url) {
    const place = new URL(url);
    const { PubSub: Client } = (await import(place.searchParams.get("google")!)) as { PubSub: typeof PubSub };
    const client = new Client({
      projectId: place.pathname.slice(1),
      apiEndpoint: place.searchParams.get("grpc")!,
      emulatorMode: true,
    });
    const topic = client.topic(EXCHANGE, { batching });
    return (from, to) =>
      new Promise((resolve, reject) => {
        let next = from;
        let open = 0;
        const answered = () => {
          open--;
          if (next === to && open === 0) resolve();
          else pump();
        };
        const pump = () => {
          while (next < to && open < IN_FLIGHT) {
            const event = readyEvent(next++);
            open++;
            const data = Buffer.from(JSON.stringify(event));
            topic
              .publishMessage({ data, ...(attributes && { attributes: attributes(event) }) })
              .then(answered, reject);
          }
        };
        pump();
      });
  },
});

const streamll = (
  title: string,
  own: { readonly batchSize?: number; readonly maxInFlight?: number },
): Contestant =>
  throughSink(title, (url) => ({
    amqpUrl: url.split("?")[0]!,
    transports: [pubsubTransport],
    exchange: EXCHANGE,
    routingKey: ROUTING_KEY,
    ...own,
  }));

const large = { maxMessages: 1000, maxMilliseconds: 100 };

export const pubsubContestants = {
  ...floor,
  google: google("@google-cloud/pubsub, its defaults", { maxMessages: 100, maxMilliseconds: 10 }),
  large: google("the same, up to 1,000 messages a request", large),
  full: google("the same, with streamll's attributes", large, attributesOf),
  streamll: streamll("streamll, defaults", {}),
  guide: streamll("streamll, `batchSize: 100` as the guide has it", { batchSize: 100 }),
} as const;
