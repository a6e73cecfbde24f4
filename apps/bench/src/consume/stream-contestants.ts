import { EventConsumer } from "@streamll/consumer";
import { streamsTransport } from "@streamll/transport-streams";
import { connect, Offset } from "rabbitmq-stream-js-client";
import { STREAM } from "../streams/stream.js";
import { consuming, transportAlone } from "./consuming.js";

/** As the documentation of streams recommends it. */
const PREFETCH = 1000;

const official = consuming("rabbitmq-stream-js-client", async (url, handled) => {
  const client = await connect({
    ...{ hostname: "127.0.0.1", port: Number(new URL(url).port), vhost: "/", heartbeat: 0 },
    ...{ username: "guest", password: "guest" },
  });
  await client.declareConsumer({ stream: STREAM, offset: Offset.first() }, (message) =>
    handled.take(JSON.parse(message.content.toString())),
  );
});

const transport = transportAlone((options) => streamsTransport.create(options), {
  source: STREAM,
  window: PREFETCH,
  log: { singleActive: false, position: async () => "first", left: async () => {} },
});

const eventConsumer = consuming(
  "EventConsumer, in order within each execution, its offset kept by the broker",
  async (url, handled) => {
    const consumer = new EventConsumer({
      ...{ url, stream: STREAM, prefetch: PREFETCH, consumerName: "bench", from: "first" },
      handle: ({ executionId }) => handled.take({ execution_id: executionId }),
    });
    await consumer.start();
  },
);

export const readContestants = { official, transport, eventConsumer } as const;
