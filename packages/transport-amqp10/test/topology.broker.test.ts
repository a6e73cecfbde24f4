import { randomUUID } from "node:crypto";
import type { Topology, TransportError } from "@streamll/core";
import type { GetMessage } from "amqplib";
import { describe, expect, it, vi } from "vitest";
import { open, publish, WAIT } from "./support/connect.js";
import { message, messages } from "./support/options.js";
import { brokersOf4, endpointOf, type Scratch, scratch } from "./support/rabbitmq.js";

describe.each(brokersOf4)("topology over /management on RabbitMQ $version", (broker) => {
  const endpoint = endpointOf(broker.url);
  const declare = async (topology: Partial<Topology>) => {
    const all: Topology = { mode: "declare", exchanges: [], queues: [], bindings: [], ...topology };
    await using _lane = await open(endpoint, { topology: all });
  };
  const refusal = (topology: Partial<Topology>): Promise<TransportError> =>
    declare(topology).then(
      () => {
        throw new Error("it was not refused");
      },
      (error) => error,
    );
  const queue = ({ name }: Scratch, args: Record<string, unknown> = {}) => ({
    queues: [{ name, arguments: args }],
  });

  it("declares exchange, queue and binding, and the same again", async () => {
    await using bench = await scratch(broker, { "x-max-length": 10, "x-overflow": "reject-publish" });
    for (let turn = 0; turn < 2; turn++) {
      await using lane = await open(endpoint, bench.own);
      expect(await publish(lane.connection, messages(1))).toEqual([{ kind: "confirmed" }]);
    }
    await bench.drain(2);
  });

  it("makes a queue without the limit of deliveries that RabbitMQ 4 has, and leaves one that is there its own", async () => {
    const [name, limited] = [`t10.${randomUUID()}`, `t10.${randomUUID()}`];
    const args = { "x-queue-type": "quorum" };
    const returnable = (queue: string) => ({ name: queue, arguments: args, keepsReturned: true }) as const;
    for (let turn = 0; turn < 2; turn++) await declare({ queues: [returnable(name)] });
    await declare({ queues: [{ name: limited, arguments: args }] });
    await declare({ queues: [returnable(limited)] });
    const argumentsOf = async (queue: string) =>
      ((await broker.manage("GET", `queues/%2F/${queue}`)) as { arguments: object }).arguments;
    expect(await vi.waitFor(() => argumentsOf(name), WAIT)).toEqual({ ...args, "x-delivery-limit": -1 });
    expect(await vi.waitFor(() => argumentsOf(limited), WAIT)).toEqual(args);
    for (const queue of [name, limited]) await broker.manage("DELETE", `queues/%2F/${queue}`);
  });

  it("declares what AMQP 0-9-1 declares, to the type of each argument", async () => {
    const args = {
      "x-max-length": 10,
      "x-message-ttl": 60_000,
      "x-max-priority": 10,
      "x-queue-mode": "lazy",
    };
    await using bench = await scratch(broker);
    await bench.channel.assertQueue(bench.name, { durable: true, arguments: args });
    await declare(queue(bench, args));
    await bench.channel.deleteQueue(bench.name);
    await declare(queue(bench, args));
    await bench.channel.assertQueue(bench.name, { durable: true, arguments: args });
  });

  it("takes names of any characters", async () => {
    await using bench = await scratch(broker);
    const name = `${bench.name} ä/?&=%2F'`;
    const own = {
      message: { ...bench.own.message, exchange: name },
      topology: {
        mode: "declare" as const,
        exchanges: [{ name, type: "topic", arguments: {} }],
        queues: [{ name, arguments: {} }],
        bindings: [{ exchange: name, queue: name, pattern: "#" }],
      },
    };
    await using lane = await open(endpoint, own);
    const keys = ["a/b ö%2F", "", "plain", "ä".repeat(127)];
    const all = await publish(
      lane.connection,
      keys.map((routingKey) => message({ routingKey })),
    );
    expect(all.map(({ kind }) => kind)).toEqual(keys.map(() => "confirmed"));
    const found = [];
    for (const _ of keys) found.push(await bench.channel.get(name, { noAck: true }));
    expect(found.map((got) => got && (got as GetMessage).fields.routingKey)).toEqual(keys);
    await bench.channel.deleteQueue(name);
    await bench.channel.deleteExchange(name);
  });

  it("tells a conflict with both values, for good", async () => {
    await using bench = await scratch(broker, { "x-max-length": 10 });
    await declare(bench.own.topology);
    const exchanges = [{ name: bench.name, type: "fanout", arguments: {} }];
    expect(await refusal({ exchanges })).toMatchObject({
      kind: "topology-conflict",
      permanent: true,
      message: expect.stringMatching(/received 'fanout' but current is 'topic'.*declareTopology: "passive"/),
    });
    expect(await refusal(queue(bench, { "x-max-length": 11 }))).toMatchObject({
      kind: "topology-conflict",
      permanent: true,
      message: expect.stringMatching(/'x-max-length'.*received '11' but current is '10'/),
    });
  });

  it("leaves an alternate exchange that somebody else gave the exchange", async () => {
    await using bench = await scratch(broker);
    await bench.channel.assertExchange(bench.name, "topic", { alternateExchange: "amq.fanout" });
    await declare(bench.own.topology);
  });

  it.each([
    [{ "x-max-length": "banana" }, /Check queueArguments/],
    [{ "x-queue-type": "nonsense" }, /Check queueArguments/],
    [{ "x-queue-type": "quorum", "x-max-priority": 5 }, /queueType: "classic"/],
  ])("refuses the arguments %j for good", async (args, hint) => {
    await using bench = await scratch(broker);
    expect(await refusal(queue(bench, args))).toMatchObject({
      kind: "protocol",
      permanent: true,
      message: expect.stringMatching(hint),
    });
  });

  it("only looks in mode passive, and says what is missing", async () => {
    await using bench = await scratch(broker);
    const { exchanges, queues } = bench.own.topology;
    const missing = { kind: "not-found", permanent: true, message: expect.stringContaining(bench.name) };
    expect(await refusal({ mode: "passive", exchanges })).toMatchObject(missing);
    expect(await refusal({ mode: "passive", queues })).toMatchObject(missing);
    await declare({ exchanges, queues });
    await declare({ mode: "passive", exchanges, queues });
  });

  it.each([
    [{ queues: [{ name: "amq.x", arguments: {} }] }, "permission", /reserved prefix.*use another name/],
    [{ exchanges: [{ name: "x", type: "x-unheard-of", arguments: {} }] }, "protocol", /Enable the plugin/],
    [{ exchanges: [{ name: "x\n", type: "topic", arguments: {} }] }, "protocol", /400/],
  ])("refuses %j for good", async (all, kind, message) => {
    expect(await refusal(all)).toMatchObject({
      kind,
      permanent: true,
      message: expect.stringMatching(message),
    });
  });

  it("takes an exchange as it is where that is asked for", async () => {
    await using bench = await scratch(broker);
    await bench.channel.assertExchange(bench.name, "fanout", { durable: false });
    const exchange = { name: bench.name, type: "topic", arguments: {} };
    expect(await refusal({ exchanges: [exchange] })).toMatchObject({ kind: "topology-conflict" });
    await declare({ exchanges: [{ ...exchange, asFound: true }] });
  });

  it("only looks for the broker's own exchanges", async () => {
    await declare({ exchanges: [{ name: "amq.topic", type: "topic", arguments: {} }] });
    const exchanges = [{ name: "amq.nothing", type: "topic", arguments: {} }];
    expect(await refusal({ exchanges })).toMatchObject({ kind: "not-found", permanent: true });
  });

  it("declares the queue again that somebody took away, and takes nothing until it is there", async () => {
    await using bench = await scratch(broker);
    await using lane = await open(endpoint, bench.own);
    await bench.channel.deleteQueue(bench.name);
    const [outcome] = await publish(lane.connection, messages(1));
    expect(outcome).toMatchObject({ kind: "refused", error: { kind: "unroutable", permanent: false } });
    await vi.waitUntil(() => lane.flows.at(-1)!.credit > 0, WAIT);
    expect(lane.flows.map(({ credit }) => credit)).toContain(0);
    expect(await publish(lane.connection, messages(1))).toEqual([{ kind: "confirmed" }]);
    await bench.drain(1);
  });

  describe("without the right", () => {
    const user = async (rights: object) => {
      const name = `u-${randomUUID()}`;
      await broker.manage("PUT", `users/${name}`, { password: "pw", tags: "" });
      const all = { configure: ".*", write: ".*", read: ".*" };
      await broker.manage("PUT", `permissions/%2F/${name}`, { ...all, ...rights });
      return {
        endpoint: { ...endpoint, username: name, password: "pw" },
        name,
        async [Symbol.asyncDispose]() {
          await broker.manage("DELETE", `users/${name}`);
        },
      };
    };

    it.each([
      ["to configure", { configure: "" }, /configure access.*declareTopology: "none"/],
      ["to write", { write: "" }, /write access.*right to write/],
    ])("%s, fails for good and says what to grant", async (_, rights, text) => {
      await using bench = await scratch(broker);
      await using anna = await user(rights);
      const error = await open(anna.endpoint, bench.own).catch((reason: Error) => reason);
      expect(error).toMatchObject({
        kind: "permission",
        permanent: true,
        message: expect.stringMatching(text),
      });
    });

    it("to write, ends the connection and gives nothing an outcome", async () => {
      await using bench = await scratch(broker);
      await declare(bench.own.topology);
      await using anna = await user({ write: "" });
      await using lane = await open(anna.endpoint, { message: bench.own.message });
      lane.connection.publish(messages(3), () => {
        throw new Error("an outcome");
      });
      expect(await lane.connection.closed).toMatchObject({
        kind: "permission",
        message: expect.stringContaining(`write access to exchange '${bench.name}'`),
      });
    });

    it("to one topic, refuses what has that key, and all else goes on the next connection", async () => {
      await using bench = await scratch(broker);
      await declare(bench.own.topology);
      await using anna = await user({});
      const topic = { exchange: bench.name, write: "^streamll\\.fine", read: ".*" };
      await broker.manage("PUT", `topic-permissions/%2F/${anna.name}`, topic);
      await using lane = await open(anna.endpoint, { message: bench.own.message });
      const told: [number, number, string][] = [];
      const batch = ["fine.a", "secret.b", "fine.c"].map((key) => message({ routingKey: `streamll.${key}` }));
      lane.connection.publish(batch, (from, to, { kind }) => told.push([from, to, kind]));
      expect(await lane.connection.closed).toMatchObject({ kind: "permission", permanent: false });
      expect(told.filter(([, , kind]) => kind === "refused")).toEqual([[1, 2, "refused"]]);
    });
  });
});
