import { brokersForTests } from "@streamll/brokers";
import { type Delivery, silentLogger } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import { streamsTransport } from "../../src/transport.js";
import { options } from "../support/options.js";
import { put, simple } from "../support/put.js";
import { endpointOf, freshName, onStream } from "../support/stream.js";

const { signal } = new AbortController();
const WAIT = { timeout: 60_000, interval: 50 };

describe.each(brokersForTests().filter(({ owned }) => owned))("a stream on RabbitMQ $version", (broker) => {
  it("whose retention has removed the offset is read from the first that is there, and the log says so", async () => {
    const endpoint = endpointOf(broker);
    const stream = freshName();
    const bounds = { "x-max-length-bytes": "200000", "x-stream-max-segment-size-bytes": "50000" };
    const lane = await streamsTransport(options(onStream(stream, bounds))).connect(
      endpoint,
      { index: 0 },
      signal,
    );
    await lane.close(signal);
    const first = async () => {
      const warnings: string[] = [];
      const received: Delivery[] = [];
      const logger = { ...silentLogger, warn: (_: object, message: string) => warnings.push(message) };
      const subscription = await streamsTransport(options({ logger })).consuming!.subscribe(
        endpoint,
        {
          ...{ source: stream, window: 1 },
          log: { singleActive: false, position: async () => 3, left: async () => {} },
          receive: (deliveries) => received.push(...deliveries),
        },
        signal,
      );
      await vi.waitUntil(() => received.length > 0, WAIT);
      await subscription.close(AbortSignal.timeout(5000));
      return { offset: received[0]!.offset!, warnings };
    };
    const message = simple(Buffer.alloc(20_000));
    await vi.waitUntil(async () => {
      for (let n = 0; n < 20; n++) await put(endpoint, stream, [message]);
      return (await first()).offset > 3;
    }, WAIT);
    const { offset, warnings } = await first();
    expect(warnings).toEqual([
      `${endpoint.label}: stream ${stream} has nothing before offset ${offset} any more, and was to be read from 3: its retention has removed what is between`,
    ]);
  }, 120_000);
});
