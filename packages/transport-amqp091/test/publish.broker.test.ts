import { randomUUID } from "node:crypto";
import type { MessageParts, OutboundMessage } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import { open, publish, type Scratch, scratch, WAIT, writers } from "./support/lane.js";
import { brokers } from "./support/live.js";
import { defaults, message, messages, outcomes } from "./support/message.js";
import { addUser, removeUser } from "./support/user.js";

const cases = brokers.flatMap((broker) =>
  writers.map(([how, writerOf]) => ({ broker, generation: broker.generation, how, writerOf })),
);
const confirmed = { kind: "confirmed" };

describe.each(cases)("publishing $how to RabbitMQ $generation", ({ broker, writerOf }) => {
  it("keeps body, key, properties and headers", async () => {
    await using bench = await scratch(broker.endpoint, { "x-max-priority": 10 });
    const shared = defaults({ exchange: bench.name, priority: 7, expirationMs: 3_600_000 });
    await using lane = await open(broker.endpoint, { ...bench.own, message: shared }, writerOf);
    const headers = {
      text: "é✓😀",
      empty: "",
      int: -5,
      big: 2 ** 40,
      real: 0.25,
      yes: true,
      no: false,
      none: null,
    };
    const sent = message({ body: Buffer.from('{"ü":1}'), headers, routingKey: "streamll.é.x" });
    expect(await publish(lane.connection, [sent])).toEqual([confirmed]);
    const [got] = await bench.drain(1);
    expect(got?.content).toEqual(sent.body());
    expect(got?.fields).toMatchObject({ exchange: bench.name, routingKey: "streamll.é.x" });
    expect(got?.properties).toMatchObject({
      contentType: "application/json",
      appId: "streamll",
      deliveryMode: 2,
      priority: 7,
      expiration: "3600000",
      messageId: sent.messageId,
      correlationId: "execution-1",
      type: "start",
      timestamp: 1_755_770_400,
      headers,
    });
  });

  it("takes bodies of no, one and many frames, in order", async () => {
    await using bench = await scratch(broker.endpoint);
    await using lane = await open(broker.endpoint, bench.own, writerOf);
    const sizes = [0, 1, 131_064, 131_065, 262_128, 3_000_000, 10];
    const batch = sizes.map((size, i) => message({ body: Buffer.alloc(size, 97 + i) }));
    expect(await publish(lane.connection, batch)).toEqual(sizes.map(() => confirmed));
    const got = await bench.drain(sizes.length);
    expect(got.map(({ content }) => content.length)).toEqual(sizes);
    expect(got.every(({ content }, i) => content.equals(batch[i]!.body()))).toBe(true);
  });

  it("keeps the order of 20,000 messages, and confirms each", async () => {
    await using bench = await scratch(broker.endpoint);
    await using lane = await open(broker.endpoint, bench.own, writerOf);
    const batches = Array.from({ length: 400 }, () => messages(50));
    const records = batches.map((batch) => {
      const record = outcomes(batch.length);
      lane.connection.publish(batch, record.settle);
      return record;
    });
    await vi.waitUntil(() => records.every(({ open }) => open() === 0), WAIT);
    expect(records.flatMap(({ all }) => all).every((outcome) => outcome?.kind === "confirmed")).toBe(true);
    const got = await bench.drain(20_000);
    expect(got.map(({ properties }) => properties.messageId)).toEqual(
      batches.flat().map(({ messageId }) => messageId),
    );
  });

  it("refuses what AMQP cannot carry alone, and confirms its neighbours", async () => {
    await using bench = await scratch(broker.endpoint);
    await using lane = await open(broker.endpoint, bench.own, writerOf);
    const bad: Partial<MessageParts>[] = [
      { routingKey: "k".repeat(256) },
      { messageId: "é".repeat(128) },
      { headers: { ["k".repeat(256)]: 1 } },
      { headers: { value: Number.POSITIVE_INFINITY } },
      { headers: { value: Number.NaN } },
      { headers: { CC: "elsewhere" } },
      { headers: { value: "x".repeat(200_000) } },
    ];
    const batch = bad.flatMap((parts) => [message(), message(parts)]).concat(message());
    const all = await publish(lane.connection, batch);
    expect(all.map(({ kind }) => kind)).toEqual([
      ...bad.flatMap(() => ["confirmed", "refused"]),
      "confirmed",
    ]);
    expect(all.filter((outcome) => "error" in outcome)).toEqual(
      bad.map(() => expect.objectContaining({ error: expect.objectContaining({ permanent: true }) })),
    );
    await bench.drain(bad.length + 1);
    expect(await publish(lane.connection, messages(1, { headers: { value: Number.NaN } }))).toMatchObject([
      { kind: "refused" },
    ]);
  });

  it("settles a message that no queue takes as unroutable, also among its like", async () => {
    await using bench = await scratch(broker.endpoint);
    await using lane = await open(broker.endpoint, bench.own, writerOf);
    const astray = { routingKey: "nowhere" };
    const batch = [
      message(),
      message(astray),
      message(),
      message({ ...astray, messageId: "twice" }),
      message({ ...astray, messageId: "twice" }),
    ];
    batch.push(message({ messageId: "twice" }));
    const all = await publish(lane.connection, batch);
    const unroutable = { kind: "refused", error: { kind: "unroutable", permanent: false } };
    expect(all).toMatchObject([confirmed, unroutable, confirmed, unroutable, unroutable, confirmed]);
    await bench.drain(3);
  });

  it("settles each of 5,000 unroutable messages", async () => {
    await using bench = await scratch(broker.endpoint);
    await using lane = await open(broker.endpoint, bench.own, writerOf);
    const all = await publish(lane.connection, messages(5000, { routingKey: "nowhere" }));
    expect(all.every((outcome) => outcome.kind === "refused" && outcome.error.kind === "unroutable")).toBe(
      true,
    );
  });

  it("settles what a full queue rejects as nacked, and what it takes as confirmed", async () => {
    await using bench = await scratch(broker.endpoint, {
      "x-max-length": 10,
      "x-overflow": "reject-publish",
    });
    await using lane = await open(broker.endpoint, bench.own, writerOf);
    const first = await publish(lane.connection, messages(100));
    const nacked = first.filter(({ kind }) => kind === "refused");
    expect(nacked.length).toBeGreaterThan(0);
    expect(nacked.every((outcome) => outcome.kind === "refused" && outcome.error.kind === "nack")).toBe(true);
    await bench.drain(100 - nacked.length);
  });

  it("puts a message on the exchange that it names", async () => {
    await using bench = await scratch(broker.endpoint);
    await using lane = await open(broker.endpoint, bench.own, writerOf);
    const direct = message({ exchange: "", routingKey: bench.name });
    expect(await publish(lane.connection, [message(), direct, message()])).toEqual([
      confirmed,
      confirmed,
      confirmed,
    ]);
    const got = await bench.drain(3);
    expect(got.map(({ fields }) => fields.exchange)).toEqual([bench.name, "", bench.name]);
  });

  describe("where a message is the reason why the broker ends the channel", () => {
    async function user(bench: Scratch) {
      const { name } = bench;
      await addUser(broker, name);
      const allow = (write: string) =>
        broker.manage("PUT", `topic-permissions/%2F/${name}`, { exchange: name, write, read: ".*" });
      await allow("^streamll[.]app$");
      return {
        endpoint: { ...broker.endpoint, username: name, password: "pw" },
        allow,
        [Symbol.asyncDispose]: () => removeUser(broker, name),
      };
    }
    const good = () => message({ routingKey: "streamll.app" });
    const named: [what: string, kind: string, parts: Partial<MessageParts>][] = [
      ["a forbidden topic", "permission", { routingKey: "streamll.it's secret" }],
      ["a topic of 200 characters", "permission", { routingKey: `streamll.${"k".repeat(191)}` }],
      ["a topic of 255 bytes", "permission", { routingKey: `streamll.${"k".repeat(246)}` }],
      ["a missing exchange", "not-found", { exchange: `none-${randomUUID()}` }],
      ["a missing exchange of 250 characters", "not-found", { exchange: "n".repeat(250) }],
    ];

    it.each(named)("refuses only what was certainly not stored: %s", async (_, kind, parts) => {
      await using bench = await scratch(broker.endpoint);
      await using someone = await user(bench);
      await using lane = await open(someone.endpoint, bench.own, writerOf);
      expect(await publish(lane.connection, [good()])).toEqual([confirmed]);
      const record = outcomes(4);
      const batch = [good(), message(parts), good(), message(parts)];
      lane.connection.publish(batch, record.settle);
      const end = await lane.connection.closed;
      expect(end).toMatchObject({ kind, permanent: false });
      expect(end?.message).not.toContain(parts.routingKey ?? "in use: nothing is quoted");
      expect(end?.cause).toMatchObject({ message: expect.stringContaining("with message") });
      expect(record.all[3]).toMatchObject({ kind: "refused", error: { kind, permanent: true } });
      // The first one may have been stored, for all that is known, and its confirm lost with the channel.
      expect(record.all[1]).toBeUndefined();
      for (const other of [record.all[0], record.all[2]]) expect(other?.kind).not.toBe("refused");

      await using next = await lane.again();
      const again = outcomes(4);
      next.connection.publish([batch[1]!, good(), message(parts), message(parts)], again.settle);
      await next.connection.closed;
      const kinds = again.all.map((outcome) => outcome?.kind);
      expect(kinds.filter((_, i) => i !== 1)).toEqual(["refused", undefined, "refused"]);
    });
  });

  it("never says refused of what was stored, where a right is taken away under load", async () => {
    await using bench = await scratch(broker.endpoint);
    const { name } = bench;
    await addUser(broker, name);
    const allow = (write: string) =>
      broker.manage("PUT", `topic-permissions/%2F/${name}`, { exchange: name, write, read: ".*" });
    await allow(".*");
    const endpoint = { ...broker.endpoint, username: name, password: "pw" };
    await using lane = await open(endpoint, bench.own, writerOf);
    const sent: { batch: OutboundMessage[]; record: ReturnType<typeof outcomes> }[] = [];
    let ended = false;
    void lane.connection.closed.then(() => {
      ended = true;
    });
    const load = async () => {
      while (!ended) {
        // More topics than a channel remembers the rights of.
        const batch = Array.from({ length: 20 }, (_, i) => message({ routingKey: `streamll.topic.${i}` }));
        const record = outcomes(batch.length);
        lane.connection.publish(batch, record.settle);
        sent.push({ batch, record });
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const loading = load();
    await vi.waitUntil(() => sent[0]?.record.open() === 0, WAIT);
    await allow("^streamll[.]app$");
    await loading;
    const stored = new Set((await bench.drainAll()).map(({ properties }) => properties.messageId));
    const of = (kind: string) =>
      sent.flatMap(({ batch, record }) =>
        batch.filter((_, i) => record.all[i]?.kind === kind).map(({ messageId }) => messageId),
      );
    expect(of("confirmed").filter((id) => !stored.has(id))).toEqual([]);
    expect(of("refused")).toHaveLength(1);
    expect(of("refused").filter((id) => stored.has(id))).toEqual([]);
    await removeUser(broker, name);
  });

  it("without confirms says written, and close() lets all of it arrive", async () => {
    await using bench = await scratch(broker.endpoint);
    const own = { ...bench.own, confirms: false };
    const { connection } = await open(broker.endpoint, own, writerOf);
    const batch = messages(500, { body: Buffer.alloc(20_000, "x") });
    const record = outcomes(batch.length);
    connection.publish(batch, record.settle);
    await connection.close(AbortSignal.timeout(20_000));
    expect(record.all.every((outcome) => outcome?.kind === "written")).toBe(true);
    expect(await connection.closed).toBeUndefined();
    await bench.drain(500);
  });

  it("without confirms warns once that messages come back", async () => {
    await using bench = await scratch(broker.endpoint);
    const warn = vi.fn();
    const logger = { debug() {}, info() {}, warn, error() {} };
    await using lane = await open(broker.endpoint, { ...bench.own, confirms: false, logger }, writerOf);
    await publish(lane.connection, messages(3, { routingKey: "nowhere" }));
    await vi.waitUntil(() => warn.mock.calls.length > 0, WAIT);
    await publish(lane.connection, messages(3));
    await bench.drain(3);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it("to a missing exchange ends the connection, and says which", async () => {
    await using bench = await scratch(broker.endpoint);
    const { connection } = await open(broker.endpoint, bench.own, writerOf);
    const exchange = `gone-${randomUUID()}`;
    connection.publish([message({ exchange })], outcomes(1).settle);
    expect(await connection.closed).toMatchObject({
      kind: "not-found",
      permanent: false,
      message: expect.stringContaining(exchange),
    });
  });

  it("without the right to write ends the connection", async () => {
    const name = `u-${randomUUID()}`;
    await addUser(broker, name, { write: "^$" });
    const endpoint = { ...broker.endpoint, username: name, password: "pw" };
    const { connection } = await open(endpoint, { message: defaults({ exchange: "amq.topic" }) }, writerOf);
    connection.publish([message()], outcomes(1).settle);
    expect(await connection.closed).toMatchObject({ kind: "permission" });
    await removeUser(broker, name);
  });

  it("writes nothing after the end, and settles nothing", async () => {
    const { connection } = await open(broker.endpoint, {}, writerOf);
    await connection.close(AbortSignal.timeout(5000));
    const record = outcomes(1);
    connection.publish([message()], record.settle);
    await connection.close(AbortSignal.timeout(5000));
    expect(record.open()).toBe(1);
  });
});
