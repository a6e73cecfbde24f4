import { type Endpoint, outboundMessage, silentLogger, type Topology } from "@streamll/core";
import { resolveOptions } from "@streamll/core/options";
import type { FakePubSub } from "@streamll/fake-pubsub";
import { pubsubTransport } from "../../src/index.js";
import { type PubSubOptions, pubsubOptions } from "../../src/options.js";
import type { PubSubTransportOptions } from "../../src/transport.js";

export const TOPIC = "events";

/** Where the server is, as `configure` makes it of `pubsub://PROJECT` and PUBSUB_EMULATOR_HOST. */
export function endpointOf({ host: place, project }: Pick<FakePubSub, "host" | "project">): Endpoint {
  const [host = "", port] = place.split(":");
  const label = `pubsub-emulator://${place}/${project}`;
  return { scheme: "pubsub-emulator", host, port: Number(port), path: project, query: {}, label };
}

export const topologyOf = (mode: Topology["mode"], ...topics: readonly string[]): Topology => ({
  mode,
  exchanges: topics.map((name) => ({ name, type: "topic", arguments: {} })),
  queues: [],
  bindings: [],
});

/** To the topic {@link TOPIC}, which must be there, unless told otherwise. */
export function pubsubTestOptions(
  given: Partial<Omit<PubSubTransportOptions, "own">> = {},
  own: PubSubOptions = {},
): PubSubTransportOptions {
  return {
    confirms: true,
    message: {
      ...{
        exchange: TOPIC,
        contentType: "application/json",
        appId: "test",
        persistent: true,
        mandatory: false,
      },
    },
    topology: topologyOf("passive", TOPIC),
    connectionTimeoutMs: 20_000,
    heartbeatMs: 10_000,
    connectionName: "test",
    logger: silentLogger,
    ...given,
    own: resolveOptions(pubsubOptions, own),
  };
}

let made = 0;

export const message = (parts: Partial<Parameters<typeof outboundMessage>[0]> = {}) => {
  const number = ++made;
  return outboundMessage({
    sequence: number,
    routingKey: "streamll.start.search",
    body: Buffer.from(JSON.stringify({ number })),
    messageId: `message-${number}`,
    correlationId: "execution",
    type: "start",
    timestamp: 1_700_000_000_000,
    headers: { event_type: "start" },
    ...parts,
  });
};

export const connect = (
  fake: Pick<FakePubSub, "host" | "project">,
  options: PubSubTransportOptions = pubsubTestOptions(),
  endpoint: Endpoint = endpointOf(fake),
) =>
  pubsubTransport.create(options, [endpoint]).connect(endpoint, { index: 0 }, new AbortController().signal);
