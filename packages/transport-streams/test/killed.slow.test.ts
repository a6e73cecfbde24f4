import { setTimeout } from "node:timers/promises";
import { brokersForTests, followStream } from "@streamll/brokers";
import { describe, expect, it, vi } from "vitest";
import { streamsTransport } from "../src/transport.js";
import { WAIT } from "./support/connect.js";
import { messages, options, outcomes } from "./support/options.js";
import { endpointOf, freshName, onStream } from "./support/stream.js";

const never = new AbortController().signal;

describe.each(brokersForTests().filter(({ owned }) => owned))(
  "a connection to RabbitMQ $version",
  (broker) => {
    const endpoint = endpointOf(broker);

    it("ends when the broker is killed, and what it had not confirmed is unknown; sent again it is there once", async () => {
      const stream = freshName();
      const transport = streamsTransport(options(onStream(stream)));
      const connection = await transport.connect(endpoint, { index: 0 }, never);
      // RabbitMQ 3.10.8 and 4.0.5 may not find a stream again that they made a moment before they are killed.
      await setTimeout(2000);
      const { settle, all } = outcomes(20_000);
      const batch = messages(1, 20_000);
      connection.publish(batch, settle);
      await broker.kill();
      const error = await connection.closed;
      expect(error).toMatchObject({ kind: "unreachable", permanent: false });
      const first = all.indexOf(undefined);
      await broker.start();
      const again = await vi.waitFor(() => transport.connect(endpoint, { index: 0 }, never), {
        timeout: 60_000,
        interval: 100,
      });
      const confirmed = all.filter((outcome) => outcome?.kind === "confirmed").length;
      expect(again.lastSequence).toBeGreaterThanOrEqual(confirmed);
      const rest = first < 0 ? [] : batch.slice(first);
      const record = outcomes(rest.length);
      again.publish(rest, record.settle);
      await vi.waitUntil(() => record.all.every((outcome) => outcome?.kind === "confirmed"), WAIT);
      await again.close(AbortSignal.timeout(5000));
      await using reader = await followStream(broker, stream);
      await vi.waitUntil(() => reader.all.length >= 20_000, WAIT);
      const ids = reader.all.map(({ properties }) => properties.messageId);
      expect(ids).toEqual(batch.map(({ messageId }) => messageId));
    });
  },
);
