import { brokersForTests, followStream, openChannel } from "@streamll/brokers";
import { describe, expect, it, vi } from "vitest";
import { streamsTransport } from "../src/transport.js";
import { open, publish, WAIT } from "./support/connect.js";
import { messages, options } from "./support/options.js";
import { endpointOf, freshName, onStream, onSuperStream } from "./support/stream.js";

const never = new AbortController().signal;

describe.each(brokersForTests().filter(({ owned }) => owned))("streams of RabbitMQ $version", (broker) => {
  const { port: amqpPort } = new URL(broker.url);
  // What the broker cannot do by the stream protocol is asked of its AMQP port.
  const endpoint = endpointOf(broker, { query: { amqp_port: amqpPort } });
  const queueOf = (name: string) => broker.manage("GET", `queues/%2F/${encodeURIComponent(name)}`);
  const refused = (own: Parameters<typeof options>[0]) =>
    expect(streamsTransport(options(own)).connect(endpoint, { index: 0 }, never)).rejects;

  it("are made with their retention, and found again", async () => {
    const stream = freshName();
    const retention = {
      "x-max-age": "21600s",
      "x-stream-max-segment-size-bytes": 500_000_000,
      "x-max-length-bytes": 2 ** 40,
    };
    await using _first = await open(endpoint, onStream(stream, retention));
    await using _again = await open(endpoint, onStream(stream, retention));
    expect(await queueOf(stream)).toMatchObject({ type: "stream", arguments: retention });
  });

  it("with other settings are a conflict that shows both", async () => {
    const stream = freshName();
    await using _lane = await open(endpoint, onStream(stream, { "x-max-age": "3600s" }));
    await refused(onStream(stream, { "x-max-age": "7200s" })).toMatchObject({
      kind: "topology-conflict",
      permanent: true,
      message: expect.stringMatching(/max-age=7200s.*3600s/s),
    });
  });

  it("that are missing are said to be, and not made, where they are only to be checked", async () => {
    const stream = freshName();
    for (const mode of ["passive", "none"] as const) {
      const { topology, message } = onStream(stream) as ReturnType<typeof options>;
      await refused({ message, topology: { ...topology, mode } }).toMatchObject({
        kind: "not-found",
        permanent: true,
        message: expect.stringContaining(stream),
      });
    }
  });

  it("are made anew when somebody deletes them, and the connection says so", async () => {
    const stream = freshName();
    await using lane = await open(endpoint, onStream(stream));
    await publish(lane.connection, messages(1, 10));
    await broker.manage("DELETE", `queues/%2F/${stream}`);
    expect(await lane.connection.closed).toMatchObject({ kind: "unreachable", permanent: false });
    await using again = await open(endpoint, onStream(stream));
    expect(again.connection.lastSequence).toBe(0);
    expect(await publish(again.connection, messages(1, 3))).toEqual(Array(3).fill({ kind: "confirmed" }));
  });

  it("are the partitions of a super stream also where a program died while it was made", async () => {
    const name = freshName();
    const own = onSuperStream(name, 3);
    // A part of it is there, and no exchange yet.
    const { topology } = own;
    const [, second] = topology.queues;
    await using _part = await open(endpoint, {
      ...own,
      topology: { ...topology, exchanges: [], queues: [second!], bindings: [] },
    });
    await using lane = await open(endpoint, own, 2);
    expect(await publish(lane.connection, messages(1, 3))).toHaveLength(3);
  });

  it("are bound to their super stream where a program died while it bound them", async () => {
    const name = freshName();
    const own = onSuperStream(name, 3);
    await using _made = await open(endpoint, own);
    await using channel = await openChannel(broker.url);
    for (const partition of [1, 2])
      await channel.unbindQueue(`${name}-${partition}`, name, String(partition));
    await using _again = await open(endpoint, own);
    expect(await broker.manage("GET", `exchanges/%2F/${name}/bindings/source`)).toHaveLength(3);
  });

  it("are made once where several programs start at the same time", async () => {
    const name = freshName();
    // RabbitMQ 4.0.5 may drop the connection of one: that is a connection lost, and tried again.
    const program = async () => {
      for (;;) {
        const lane = await open(endpoint, onSuperStream(name, 3)).catch((error: Error) => error);
        if (!(lane instanceof Error)) return lane;
        expect(lane).toMatchObject({ kind: "unreachable", permanent: false });
      }
    };
    const programs = await Promise.all(Array.from({ length: 4 }, program));
    for (const lane of programs) await lane[Symbol.asyncDispose]();
    expect(await broker.manage("GET", `exchanges/%2F/${name}/bindings/source`)).toHaveLength(3);
  });

  it("are the partitions of a super stream, each with its lane", async () => {
    const name = freshName();
    const own = onSuperStream(name, 3, { "x-max-age": "3600s" });
    const transport = streamsTransport(options(own));
    expect(transport.partitions).toBe(3);
    const lanes = await Promise.all([0, 1, 2].map((lane) => open(endpoint, own, lane, transport)));
    for (const [index, { connection }] of lanes.entries()) await publish(connection, messages(1, index + 1));
    for (const index of [0, 1, 2]) {
      await using reader = await followStream(broker, `${name}-${index}`);
      await vi.waitUntil(() => reader.all.length === index + 1, WAIT);
    }
    for (const lane of lanes) await lane[Symbol.asyncDispose]();
    expect(await broker.manage("GET", `exchanges/%2F/${name}`)).toMatchObject({
      type: "direct",
      arguments: { "x-super-stream": true },
    });
    // A program of any other client finds them by their keys.
    await using channel = await openChannel(broker.url);
    channel.publish(name, "1", Buffer.from("x"), { mandatory: true });
    await channel.waitForConfirms();
    await using reader = await followStream(broker, `${name}-1`);
    await vi.waitUntil(() => reader.all.length === 3, WAIT);

    await refused(onStream(name)).toMatchObject({
      kind: "topology-conflict",
      message: expect.stringContaining("set superStreamPartitions: 3"),
    });
    await refused(onSuperStream(name, 4)).toMatchObject({
      kind: "topology-conflict",
      message: expect.stringContaining(`superStreamPartitions asks for ${name}-0`),
    });
    await refused(onSuperStream(name, 3, { "x-max-age": "7200s" })).toMatchObject({
      kind: "topology-conflict",
      message: expect.stringMatching(/7200s.*3600s/s),
    });
  });
});
