import { setImmediate } from "node:timers/promises";
import { type Cluster, followStream, type Member, startCluster } from "@streamll/brokers";
import { type Endpoint, silentLogger } from "@streamll/core";
import { DeliveryEngine, defaultDeliveryOptions, PreparedMessage } from "@streamll/core/internal";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { streamsTransport } from "../src/transport.js";
import { open, publish, WAIT } from "./support/connect.js";
import { messages, options, parts } from "./support/options.js";
import { endpointOf, freshName, onStream } from "./support/stream.js";

describe("a stream on three nodes", { skip: process.env.STREAMLL_TEST_AMQP_URL !== undefined }, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.close());

  const endpoint = (node: Member): Endpoint => {
    const host = new URL(node.url).hostname;
    return endpointOf(node, { host, label: `rabbitmq-stream://${host}:${node.streamPort}/` });
  };

  it("is published to, whichever node is asked", async () => {
    const stream = freshName();
    for (const node of cluster.nodes) {
      await using lane = await open(endpoint(node), { ...onStream(stream), connectionName: node.name });
      await publish(lane.connection, messages(1, 3));
    }
    const leader = await cluster.leaderOf(stream);
    await using reader = await followStream(leader, stream);
    await vi.waitUntil(() => reader.all.length === 9, WAIT);
  });

  it("whose leader is killed goes on at the next, and has each event once and in order", async () => {
    const stream = freshName();
    const events = 40_000;
    const engine = new DeliveryEngine({
      transport: streamsTransport(options(onStream(stream))),
      endpoints: cluster.nodes.map(endpoint),
      options: { ...defaultDeliveryOptions, batchSize: 200, flushTimeoutMs: 120_000, circuitBreaker: false },
      logger: silentLogger,
    });
    await engine.start();
    let offered = 0;
    const producing = (async () => {
      for (; offered < events; offered++) {
        const one = new PreparedMessage({
          ...parts({ sequence: 0 }),
          messageId: `e${offered}`,
          body: "{}",
        });
        while (!engine.offer(one)) await engine.ready();
        if (offered % 200 === 199) await setImmediate();
      }
    })();
    await vi.waitUntil(() => engine.stats().events_sent > events / 4, { timeout: 60_000, interval: 1 });
    const leader = await cluster.leaderOf(stream);
    await leader.kill();
    await producing;
    expect(await engine.stop()).toMatchObject({ sent: events, failed: 0, pending: 0 });
    await leader.start();
    await cluster.whole();
    await using reader = await followStream(await cluster.leaderOf(stream), stream);
    await vi.waitUntil(() => reader.all.length >= events, WAIT);
    expect(reader.all.map(({ properties }) => properties.messageId)).toEqual(
      Array.from({ length: events }, (_, index) => `e${index}`),
    );
  }, 240_000);
});
