import { type PublishOutcome, type TransportConnection, TransportError } from "@streamll/core";
import type { EventContext, Session } from "rhea";
import { describe, expect, it, vi } from "vitest";
import type { LaneConnection } from "../src/connection.js";
import type { Dialect } from "../src/dialect.js";
import { sessionInside } from "../src/rhea.js";
import { amqp10 } from "../src/transport.js";
import { open, publish, WAIT } from "./support/connect.js";
import { plainDialect } from "./support/dialect.js";
import { message, messages, options, outcomes } from "./support/options.js";
import { type Peer, startPeer } from "./support/peer.js";

const END = 2 ** 31;

async function lane(peer: Peer, own: Partial<Dialect> = {}, confirms = true) {
  const lane = await open(peer.endpoint, {}, amqp10(options({ confirms }), plainDialect(own)));
  const credit = () => lane.flows.at(-1)!.credit;
  return { ...lane, credit };
}

const accept = ({ delivery }: EventContext) => delivery!.accept();
const sessionOf = (connection: TransportConnection): Session =>
  Object.values<Session>((connection as LaneConnection).open.rhea.local_channel_map)[0]!;

/** Of a session that has sent nothing yet. */
const beginAt = (id: number, connection: TransportConnection) =>
  Object.assign(sessionInside(sessionOf(connection)).outgoing, {
    next_delivery_id: id,
    next_pending_delivery: id,
  });

/** The answer, as the dialect of these tests passes it on. */
const told = (outcome: PublishOutcome) =>
  outcome.kind === "refused" ? JSON.parse(outcome.error.message) : outcome.kind;
const firstAddress = "streamll.start.search";

describe("a link", () => {
  it("tells its credit, takes no more than that, and sends nothing that it may not", async () => {
    await using peer = await startPeer({ credit: 10 });
    await using open = await lane(peer, { firstAddress });
    await vi.waitUntil(() => open.credit() === 10, WAIT);
    const record = outcomes(25);
    open.connection.publish(messages(25), record.settle);
    await vi.waitUntil(() => peer.received.length === 10, WAIT);
    expect(open.credit()).toBe(0);
    peer.links[0]!.add_credit(40);
    await vi.waitUntil(() => peer.received.length === 25, WAIT);
    await vi.waitUntil(() => open.credit() === 25, WAIT);
    for (const context of peer.received) accept(context);
    await vi.waitUntil(() => record.open() === 0, WAIT);
  });

  it("goes on past one that stays unanswered, beyond what a session of rhea holds", async () => {
    await using peer = await startPeer({
      credit: 50_000,
      answer: (context) => peer.received.length > 1 && accept(context),
    });
    await using open = await lane(peer, { firstAddress });
    for (let handed = 0; handed < 6000; handed += 1000) {
      const record = outcomes(1000);
      open.connection.publish(messages(1000), record.settle);
      await vi.waitUntil(() => record.open() === (handed === 0 ? 1 : 0), WAIT);
      expect(open.credit()).toBeGreaterThan(0);
    }
  }, 60_000);

  it("answers in any order what the broker answers in any order", async () => {
    await using peer = await startPeer({ credit: 50_000 });
    await using open = await lane(peer, { firstAddress });
    const record = outcomes(3000);
    open.connection.publish(messages(3000), record.settle);
    await vi.waitUntil(() => peer.received.length === 3000, WAIT);
    for (const context of peer.received.filter((_, index) => index % 3 !== 0).reverse()) accept(context);
    await vi.waitUntil(() => record.open() === 1000, WAIT);
    for (const context of peer.received.filter((_, index) => index % 3 === 0)) accept(context);
    await vi.waitUntil(() => record.open() === 0, WAIT);
  });

  it("keeps the order of messages of one frame and of several, within the window of the session", async () => {
    await using peer = await startPeer({ answer: accept });
    await using open = await lane(peer, { firstAddress });
    const sizes = [10, 200_000, 20, 70_000, 300_000, 30, 65_536, 40];
    const bodies = [...sizes, ...sizes].map((size, index) => Buffer.alloc(size, index));
    const batch = bodies.map((body) => message({ body }));
    expect((await publish(open.connection, batch)).every(({ kind }) => kind === "confirmed")).toBe(true);
    const received = peer.received.map(({ message }) => Buffer.from(message!.body.content as Buffer));
    expect(received.map((body, index) => body.equals(bodies[index]!))).toEqual(bodies.map(() => true));
  });

  it("without credit holds up no other link", async () => {
    await using peer = await startPeer({ credit: 0 });
    await using open = await lane(peer);
    const stuck = outcomes(1);
    open.connection.publish(messages(1, { routingKey: "stuck" }), stuck.settle);
    await vi.waitUntil(() => peer.links.length === 1, WAIT);
    open.connection.publish(messages(1, { routingKey: "free" }), outcomes(1).settle);
    await vi.waitUntil(() => peer.links.length === 2, WAIT);
    peer.links[1]!.add_credit(1);
    await vi.waitUntil(() => peer.received.length === 1, WAIT);
    expect(peer.links[0]!.session).not.toBe(peer.links[1]!.session);
    expect(peer.received[0]!.receiver).toBe(peer.links[1]);
    expect(stuck.open()).toBe(1);
  });

  it("keeps each message of a batch that goes to several addresses with its outcome", async () => {
    await using peer = await startPeer({
      answer: ({ delivery, receiver }) =>
        receiver!.target.address === "odd" ? delivery!.release() : delivery!.accept(),
    });
    await using open = await lane(peer);
    const batch = Array.from(
      { length: 10 },
      (_, i) => messages(1, { routingKey: i % 2 ? "odd" : "even" })[0]!,
    );
    const all = await publish(open.connection, batch);
    expect(all.map(({ kind }) => kind)).toEqual(batch.map((_, i) => (i % 2 ? "refused" : "confirmed")));
  });

  it("tells neighbours as one range when they are answered together", async () => {
    await using peer = await startPeer();
    await using open = await lane(peer, { firstAddress });
    const ranges: [number, number][] = [];
    open.connection.publish(messages(100), (from, to) => ranges.push([from, to]));
    await vi.waitUntil(() => peer.received.length === 100, WAIT);
    for (const context of peer.received) accept(context);
    await vi.waitUntil(() => ranges.at(-1)?.[1] === 100, WAIT);
    expect(ranges).toEqual([[0, 100]]);
  });

  it("refuses what is over the link's max-message-size, and sends its neighbours", async () => {
    await using peer = await startPeer({ maxMessageSize: 500, answer: accept });
    await using open = await lane(peer, { firstAddress });
    const [before, large, after] = messages(3);
    const all = await publish(open.connection, [before!, large!.detach({ body: Buffer.alloc(501) }), after!]);
    expect(all.map(({ kind }) => kind)).toEqual(["confirmed", "refused", "confirmed"]);
  });

  it("may be handed more from within an outcome", async () => {
    await using peer = await startPeer({ maxMessageSize: 500, answer: accept });
    await using open = await lane(peer, { firstAddress });
    const [small, large] = messages(2);
    const batch = [small!, large!.detach({ body: Buffer.alloc(501) }), small!];
    const first = outcomes(3);
    const more = outcomes(2);
    open.connection.publish(batch, (from, to, outcome) => {
      first.settle(from, to, outcome);
      if (outcome.kind === "refused") open.connection.publish([small!, small!], more.settle);
    });
    await vi.waitUntil(() => first.open() + more.open() === 0, WAIT);
    expect(peer.received).toHaveLength(4);
  });

  it("gives the answers that are no acceptance with what they say", async () => {
    const answers: ((delivery: NonNullable<EventContext["delivery"]>) => void)[] = [
      (delivery) => delivery.release(),
      (delivery) => delivery.reject({ condition: "amqp:not-found", description: "no such node" }),
      (delivery) => delivery.reject(),
      (delivery) => delivery.modified({ delivery_failed: true, undeliverable_here: true }),
      (delivery) => delivery.accept(),
      (delivery) => delivery.update(true),
    ];
    await using peer = await startPeer({
      // One at a time: rhea's server joins the first two of a turn, whatever they say.
      answer: ({ delivery }) => void setImmediate(answers[peer.received.length - 1]!, delivery!),
    });
    await using open = await lane(peer, { firstAddress });
    const all = await publish(open.connection, messages(answers.length));
    expect(all.map(told)).toEqual([
      { outcome: "released" },
      { outcome: "rejected", condition: "amqp:not-found", description: "no such node" },
      { outcome: "rejected" },
      { outcome: "modified", deliveryFailed: true, undeliverableHere: true },
      "confirmed",
      { outcome: "other" },
    ]);
  });

  it("says of one answer for several messages that it is shared", async () => {
    await using peer = await startPeer({ answer: ({ delivery }) => delivery!.release() });
    const encode: Dialect["encode"] = (batch) => [
      { at: Array.from(batch, ([index]) => index), payload: Buffer.from("{}"), format: 7 },
    ];
    await using open = await lane(peer, { firstAddress, encode });
    const [outcome] = await publish(open.connection, messages(4));
    expect(outcome).toMatchObject({ kind: "refused", shared: 4 });
    expect(peer.received).toHaveLength(1);
    expect(peer.received[0]!.delivery!.format).toBe(7);
  });

  it("sends pre-settled where nobody wants confirms, and says written", async () => {
    await using peer = await startPeer();
    await using open = await lane(peer, { firstAddress }, false);
    const all = await publish(open.connection, messages(3000));
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(["written"]));
    await vi.waitUntil(() => peer.received.length === 3000, WAIT);
    expect(peer.received.every(({ delivery }) => delivery!.remote_settled)).toBe(true);
  });

  it("answers a peer that drains", async () => {
    await using peer = await startPeer({ credit: 10, answer: accept });
    await using open = await lane(peer, { firstAddress });
    await vi.waitUntil(() => open.credit() === 10, WAIT);
    const drained = new Promise((resolve) => peer.links[0]!.once("receiver_drained", resolve));
    peer.links[0]!.drain_credit();
    await drained;
    await vi.waitUntil(() => open.credit() === 0, WAIT);
  });

  it("opens silently again what the broker detached while it was idle", async () => {
    await using peer = await startPeer({ answer: accept });
    const isIdleDetach: Dialect["isIdleDetach"] = ({ condition }) => condition === "amqp:link:detach-forced";
    await using open = await lane(peer, { firstAddress, isIdleDetach });
    await publish(open.connection, messages(1));
    peer.links[0]!.close({ condition: "amqp:link:detach-forced", description: "idle for 10 minutes" });
    await vi.waitUntil(() => peer.links[0]!.is_closed(), WAIT);
    expect(await publish(open.connection, messages(2))).toEqual([
      { kind: "confirmed" },
      { kind: "confirmed" },
    ]);
    expect(peer.links).toHaveLength(2);
    expect(peer.connections).toHaveLength(1);
  });

  it("ends the connection when the broker detaches it for another reason", async () => {
    await using peer = await startPeer();
    await using open = await lane(peer, { firstAddress });
    peer.links[0]!.close({ condition: "amqp:internal-error", description: "out of order" });
    expect((await open.connection.closed)?.message).toContain("amqp:internal-error: out of order");
  });

  it("leaves a session for a new one well before delivery ids wrap", async () => {
    await using peer = await startPeer({ answer: accept });
    await using open = await lane(peer, { firstAddress });
    beginAt(END - 5, open.connection);
    for (let turn = 0; turn < 4; turn++) {
      const all = await publish(open.connection, messages(4));
      expect(all).toEqual(Array.from({ length: 4 }, () => ({ kind: "confirmed" }) satisfies PublishOutcome));
    }
    expect(peer.received.map(({ delivery }) => delivery!.id)).toEqual([
      ...[-5, -4, -3, -2, -1].map((left) => END + left),
      ...Array.from({ length: 11 }, (_, id) => id),
    ]);
    expect(peer.links).toHaveLength(2);
    expect(peer.links[0]!.session.is_closed()).toBe(true);
  });

  it("has room again after such a session, for those that hand over no more than they may", async () => {
    await using peer = await startPeer({ answer: accept });
    await using open = await lane(peer, { firstAddress });
    beginAt(END - 5, open.connection);
    peer.links[0]!.add_credit(1);
    await vi.waitUntil(() => open.credit() === 5, WAIT);
    await publish(open.connection, messages(5));
    await vi.waitUntil(() => open.credit() > 0, WAIT);
    expect(await publish(open.connection, messages(1))).toEqual([{ kind: "confirmed" }]);
  });

  it("forgets what was refused when it could not be attached again", async () => {
    await using peer = await startPeer({ credit: 1, answer: accept });
    let isRefusing = false;
    const plain = plainDialect();
    const begin: Dialect["begin"] = async (...given) => ({
      ...(await plain.begin(...given)),
      async attaching() {
        if (isRefusing) throw new TransportError("auth", "no token");
      },
    });
    await using open = await lane(peer, { begin, isIdleDetach: () => true });
    const first = outcomes(3);
    open.connection.publish(messages(3), first.settle);
    await vi.waitUntil(() => first.open() === 2, WAIT);
    isRefusing = true;
    peer.links[0]!.close({ condition: "amqp:link:detach-forced", description: "moved" });
    await vi.waitUntil(() => first.open() === 0, WAIT);
    isRefusing = false;
    const [next] = messages(1);
    expect(await publish(open.connection, [next!])).toEqual([{ kind: "confirmed" }]);
    expect(peer.received.at(-1)!.message!.body.content).toEqual(next!.body());
    expect(peer.received).toHaveLength(2);
  });

  it("leaves such a session also where one delivery was never answered, and tells it as unknown", async () => {
    await using peer = await startPeer({
      answer: (context) => peer.received.length > 1 && accept(context),
    });
    await using open = await lane(peer, { firstAddress });
    beginAt(END - 1100, open.connection);
    const stuck = outcomes(1);
    open.connection.publish(messages(1), stuck.settle);
    for (let turn = 0; turn < 3; turn++) {
      const all = await publish(open.connection, messages(500));
      expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(["confirmed"]));
    }
    expect(stuck.all).toEqual([{ kind: "unknown" }]);
    expect(peer.links).toHaveLength(2);
  });
});
