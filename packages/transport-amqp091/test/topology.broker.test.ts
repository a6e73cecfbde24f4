import { randomUUID } from "node:crypto";
import type { Topology } from "@streamll/core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { batchWriter } from "../src/writer.js";
import { open, publish, type Scratch, scratch, WAIT } from "./support/lane.js";
import { brokers } from "./support/live.js";
import { message, messages, outcomes } from "./support/message.js";
import { addUser, removeUser } from "./support/user.js";

const topology = (own: Partial<Topology>): Topology => ({
  mode: "declare",
  exchanges: [],
  queues: [],
  bindings: [],
  ...own,
});

describe.each(brokers)("topology on RabbitMQ $generation", (broker) => {
  let bench: Scratch;
  beforeAll(async () => {
    bench = await scratch(broker.endpoint);
    await bench.channel.assertExchange(bench.name, "topic");
    await bench.channel.assertQueue(bench.name, { messageTtl: 1000 });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const declare = async (own: Partial<Topology>, endpoint = broker.endpoint) => {
    await using _lane = await open(endpoint, { topology: topology(own) });
  };
  const exchange = (name: string, type = "topic", args = {}) => ({
    exchanges: [{ name, type, arguments: args }],
  });

  it("is declared, and declared again without harm", async () => {
    const name = `t091.${randomUUID()}`;
    const all = {
      exchanges: [
        { name, type: "topic", arguments: {} },
        { name: `${name}.dlx`, type: "topic", arguments: {} },
      ],
      queues: [
        {
          name,
          arguments: {
            "x-max-priority": 10,
            "x-message-ttl": 60_000,
            "x-dead-letter-exchange": `${name}.dlx`,
          },
        },
        { name: `${name}.quorum`, arguments: { "x-queue-type": "quorum" } },
      ],
      bindings: [
        { exchange: name, queue: name, pattern: "streamll.*.*" },
        { exchange: name, queue: `${name}.quorum`, pattern: "#" },
      ],
    };
    await declare(all);
    await declare(all);
    await declare({ ...all, mode: "passive" });
    bench.channel.publish(name, "streamll.a.b", Buffer.from("x"));
    expect(await bench.channel.checkQueue(name)).toBeTruthy();
    for (const queue of [name, `${name}.quorum`]) await bench.channel.deleteQueue(queue);
    for (const each of [name, `${name}.dlx`]) await bench.channel.deleteExchange(each);
  });

  const limitOf = async (name: string) => {
    const { arguments: args } = (await broker.manage("GET", `queues/%2F/${name}`)) as {
      arguments: Record<string, unknown>;
    };
    return args["x-delivery-limit"];
  };
  const returnable = (name: string) =>
    ({ name, arguments: { "x-queue-type": "quorum" }, keepsReturned: true }) as const;

  it("has a queue without the limit of deliveries that RabbitMQ 4 gives it", async () => {
    const name = `t091.${randomUUID()}`;
    const queues = [returnable(name)];
    await declare({ queues });
    await declare({ queues });
    const limit = await vi.waitFor(() => limitOf(name), WAIT);
    expect(limit).toBe(Number(broker.generation) < 4 ? undefined : -1);
    await bench.channel.deleteQueue(name);
  });

  it("leaves a queue the limit of deliveries that it has", async () => {
    const name = `t091.${randomUUID()}`;
    await declare({ queues: [{ name, arguments: { "x-queue-type": "quorum" } }] });
    await declare({ queues: [returnable(name)] });
    expect(await bench.channel.checkQueue(name)).toBeTruthy();
    const other = { ...returnable(name), arguments: { "x-queue-type": "quorum", "x-max-length": 5 } };
    await expect(declare({ queues: [other] })).rejects.toMatchObject({
      kind: "topology-conflict",
      message: expect.stringContaining("x-max-length"),
    });
    await bench.channel.deleteQueue(name);
  });

  it("in conflict with a queue's arguments reports both values", async () => {
    const queues = [{ name: bench.name, arguments: { "x-message-ttl": 5000 } }];
    await expect(declare({ queues })).rejects.toMatchObject({
      kind: "topology-conflict",
      permanent: true,
      message: expect.stringMatching(/x-message-ttl.*'5000'.*'1000'.*declareTopology: "passive"/),
    });
  });

  it("in conflict with an exchange's type reports both values", async () => {
    await expect(declare(exchange(bench.name, "fanout"))).rejects.toMatchObject({
      kind: "topology-conflict",
      permanent: true,
      message: expect.stringMatching(/type.*'?fanout'?.*'?topic'?/),
    });
  });

  it.each([
    ["that the broker does not take", { "x-max-length": -5 }],
    ["that cannot be encoded", { "x-max-length": Number.NaN }],
  ])("with an argument %s is refused for good, and not as a conflict", async (_, args) => {
    const queues = [{ name: `t091.${randomUUID()}`, arguments: args }];
    await expect(declare({ queues })).rejects.toMatchObject({
      kind: "protocol",
      permanent: true,
      message: expect.stringContaining("Check queueArguments"),
    });
  });

  it("that is missing is not found in passive mode, and not made", async () => {
    const name = `t091.${randomUUID()}`;
    const missing = {
      kind: "not-found",
      permanent: true,
      message: expect.stringMatching(new RegExp(`${name}.*declare`)),
    };
    await expect(declare({ mode: "passive", ...exchange(name) })).rejects.toMatchObject(missing);
    await expect(declare({ mode: "passive", queues: [{ name, arguments: {} }] })).rejects.toMatchObject(
      missing,
    );
    await declare({ mode: "none", ...exchange(name) });
    await expect(declare({ mode: "passive", ...exchange(name) })).rejects.toMatchObject(missing);
  });

  it("without the right to declare is refused for good", async () => {
    const name = `u-${randomUUID()}`;
    await addUser(broker, name, { configure: "^$", write: "^$", read: "^$" });
    const endpoint = { ...broker.endpoint, username: name, password: "pw" };
    await expect(declare(exchange(name), endpoint)).rejects.toMatchObject({
      kind: "permission",
      permanent: true,
    });
    await removeUser(broker, name);
  });

  it("leaves the broker's own exchanges alone", async () => {
    await declare({
      exchanges: ["", "amq.topic", "amq.direct"].map((name) => ({ name, type: "topic", arguments: {} })),
    });
    await declare({ mode: "passive", ...exchange("") });
    await expect(declare(exchange("amq.nope"))).rejects.toMatchObject({ kind: "not-found" });
  });

  it("takes an exchange as it is where that is asked for", async () => {
    const name = `t091.${randomUUID()}`;
    await bench.channel.assertExchange(name, "fanout", { durable: false });
    const [as] = exchange(name).exchanges;
    await expect(declare({ exchanges: [as!] })).rejects.toMatchObject({ kind: "topology-conflict" });
    const queues = [{ name, arguments: {} }];
    const bindings = [{ exchange: name, queue: name, pattern: "#" }];
    await declare({ exchanges: [{ ...as!, asFound: true }], queues, bindings });
    await bench.channel.deleteQueue(name);
    await bench.channel.deleteExchange(name);
  });

  it("leaves an exchange's alternate exchange as found", async () => {
    const name = `t091.${randomUUID()}`;
    await bench.channel.assertExchange(name, "topic", { alternateExchange: "amq.fanout" });
    const queues = [{ name, arguments: {} }];
    await declare({ ...exchange(name), queues, bindings: [{ exchange: name, queue: name, pattern: "#" }] });
    await declare(exchange(name, "topic", { "alternate-exchange": "amq.fanout" }));
    await expect(
      declare(exchange(name, "topic", { "alternate-exchange": "amq.direct" })),
    ).rejects.toMatchObject({
      kind: "topology-conflict",
    });
    await bench.channel.deleteQueue(name);
    await bench.channel.deleteExchange(name);
  });

  it("with a queue that another connection holds for itself may be tried again", async () => {
    const name = `t091.${randomUUID()}`;
    await bench.channel.assertQueue(name, { exclusive: true });
    await expect(declare({ queues: [{ name, arguments: {} }] })).rejects.toMatchObject({
      kind: "permission",
      permanent: false,
    });
  });

  it("whose queue was deleted is declared again when a message comes back, and takes nothing meanwhile", async () => {
    await using bench = await scratch(broker.endpoint);
    await using lane = await open(broker.endpoint, bench.own);
    await bench.channel.deleteQueue(bench.name);
    const [returned] = await publish(lane.connection, [message()]);
    expect(returned).toMatchObject({ kind: "refused", error: { kind: "unroutable", permanent: false } });
    await vi.waitUntil(() => lane.flows.length === 3, WAIT);
    expect(lane.flows.map(({ credit }) => credit)).toEqual([
      Number.POSITIVE_INFINITY,
      0,
      Number.POSITIVE_INFINITY,
    ]);
    expect(await publish(lane.connection, messages(3))).toMatchObject(Array(3).fill({ kind: "confirmed" }));
    await bench.drain(3);
  });

  it("is not declared for each message that comes back for another reason", async () => {
    await using bench = await scratch(broker.endpoint);
    let opened = () => 0;
    const watched: typeof batchWriter = (model, ...rest) => {
      const createChannel = vi.spyOn(model, "createChannel");
      opened = () => createChannel.mock.calls.length;
      return batchWriter(model, ...rest);
    };
    await using lane = await open(broker.endpoint, bench.own, watched);
    for (let i = 0; i < 20; i++) await publish(lane.connection, [message({ routingKey: "nowhere" })]);
    await vi.waitUntil(() => lane.flows.length === 3, WAIT);
    expect(opened()).toBe(1);
  });

  it("that may not be declared again ends the connection, with the reason", async () => {
    await using bench = await scratch(broker.endpoint);
    const { name } = bench;
    await addUser(broker, name);
    const { connection } = await open({ ...broker.endpoint, username: name, password: "pw" }, bench.own);
    await addUser(broker, name, { configure: "^$" });
    await bench.channel.deleteQueue(name);
    connection.publish([message()], outcomes(1).settle);
    expect(await connection.closed).toMatchObject({ kind: "permission" });
    await removeUser(broker, name);
  });
});
