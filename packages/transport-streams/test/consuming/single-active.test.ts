import { type Delivery, type LogPosition, type SettlementOutcome, silentLogger } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import * as command from "../../src/protocol/commands.js";
import { Reader } from "../../src/protocol/reader.js";
import { frame, u8, u16, u32 } from "../../src/protocol/writer.js";
import { streamsTransport } from "../../src/transport.js";
import { chunkBytes } from "../support/chunk.js";
import { WAIT } from "../support/connect.js";
import { FakeStreamServer } from "../support/fake-server.js";
import { options } from "../support/options.js";
import { simple } from "../support/put.js";

const { signal } = new AbortController();

/** A single active consumer of a broker that does what the test says. */
async function scene(left: () => Promise<void> = async () => {}) {
  const server = await FakeStreamServer.start();
  const received: Delivery[] = [];
  const positions: LogPosition[] = [];
  let next: () => Promise<LogPosition> = async () => 100;
  const subscription = await streamsTransport(options({ logger: silentLogger })).consuming!.subscribe(
    server.endpoint,
    {
      ...{ source: "events", window: 3, receive: (deliveries) => received.push(...deliveries) },
      log: {
        ...{ consumerName: "billing", singleActive: true, left },
        async position() {
          const position = await next();
          positions.push(position);
          return position;
        },
      },
    },
    signal,
  );
  const connection = [...server.connections].at(-1)!;
  let updates = 0;
  const framesOf = (key: number) => server.received.filter((one) => one.command === key);
  return {
    ...{ server, received, positions, subscription },
    answers: () =>
      framesOf(command.CONSUMER_UPDATE | command.RESPONSE).map(({ bytes }) => new Reader(bytes, 14).u16()),
    credits: () => framesOf(command.CREDIT).length,
    position: (ask: () => Promise<LogPosition>) => {
      next = ask;
    },
    update: (active: boolean) =>
      connection.send(frame(command.CONSUMER_UPDATE, 1, u32(++updates), u8(0), u8(Number(active)))),
    deliver: (...texts: string[]) => {
      const entries = texts.map((text) => simple(Buffer.from(text)));
      connection.send(frame(command.DELIVER, 1, u8(0), chunkBytes(texts.length, entries)));
    },
    refuseCredit: () => connection.send(frame(command.CREDIT | command.RESPONSE, 1, u16(17), u8(0))),
    async [Symbol.asyncDispose]() {
      await subscription.close(AbortSignal.abort());
      await server[Symbol.asyncDispose]();
    },
  };
}

const NONE = 0;
const OFFSET = 4;

describe("a single active consumer", () => {
  it("is handed nothing before it is active, and then from where it asks anew", async () => {
    await using one = await scene();
    one.update(true);
    await vi.waitUntil(() => one.answers().length === 1, WAIT);
    one.deliver("a", "b");
    await vi.waitUntil(() => one.received.length === 2, WAIT);
    one.update(false);
    await vi.waitUntil(() => one.answers().length === 2, WAIT);
    one.deliver("not for us");
    one.position(async () => 101);
    one.update(true);
    await vi.waitUntil(() => one.answers().length === 3, WAIT);
    one.deliver("a", "b", "c");
    await vi.waitUntil(() => one.received.length === 4, WAIT);
    expect(one.received.map(({ body }) => body.toString())).toEqual(["a", "b", "b", "c"]);
    expect([one.answers(), one.positions]).toEqual([
      [OFFSET, NONE, OFFSET],
      [100, 101],
    ]);
  });

  it("answers while its deliveries are unsettled, which are void from then on and leave room", async () => {
    await using one = await scene();
    const outcomes: SettlementOutcome[] = [];
    one.update(true);
    await vi.waitUntil(() => one.answers().length === 1, WAIT);
    one.deliver("a", "b", "c", "d");
    await vi.waitUntil(() => one.received.length === 3, WAIT);
    one.update(false);
    one.update(true);
    await vi.waitUntil(() => one.answers().length === 3, WAIT);
    one.deliver("a", "b", "c");
    await vi.waitUntil(() => one.received.length === 6, WAIT);
    for (const delivery of one.received)
      one.subscription.settle(delivery, { kind: "done" }, (outcome) => outcomes.push(outcome));
    expect(outcomes).toEqual(["lost", "lost", "lost", "written", "written", "written"]);
  });

  it("is not active when the broker took that back before it knew where to begin", async () => {
    await using one = await scene();
    let tell: ((position: LogPosition) => void) | undefined;
    one.position(
      () =>
        new Promise((resolve) => {
          tell = resolve;
        }),
    );
    one.update(true);
    one.update(false);
    await vi.waitUntil(() => tell !== undefined, WAIT);
    tell!(100);
    await vi.waitUntil(() => one.answers().length === 2, WAIT);
    one.deliver("not for us");
    one.position(async () => 100);
    one.update(true);
    await vi.waitUntil(() => one.answers().length === 3, WAIT);
    one.deliver("a");
    await vi.waitUntil(() => one.received.length === 1, WAIT);
    expect(one.received[0]!.body.toString()).toBe("a");
  });

  it("asks again for chunks that the broker refused to send while it was passive", async () => {
    await using one = await scene();
    one.update(true);
    await vi.waitUntil(() => one.answers().length === 1, WAIT);
    one.update(false);
    one.refuseCredit();
    one.refuseCredit();
    await vi.waitUntil(() => one.answers().length === 2, WAIT);
    expect(one.credits()).toBe(0);
    one.update(true);
    await vi.waitUntil(() => one.credits() === 2, WAIT);
  });

  it("ends where the offset cannot be told", async () => {
    await using one = await scene();
    one.position(() => Promise.reject(new Error("the database is down")));
    one.update(true);
    expect(await one.subscription.closed).toMatchObject({
      message: expect.stringContaining("the database is down"),
    });
    expect(one.answers()).toEqual([]);
  });
});
