import { describe, expect, it, onTestFinished, vi } from "vitest";
import { MemoryBroker } from "../src/index.js";
import { bodies } from "./support/bodies.js";
import { connect, endpoint, optionsFor } from "./support/lane.js";

const confirmed = { kind: "confirmed" };
const nacked = { kind: "refused", error: { kind: "nack", permanent: false } };

async function open(options = optionsFor()) {
  const broker = new MemoryBroker();
  const lane = await connect(broker.transport(), options);
  onTestFinished(() => lane.connection.close(AbortSignal.abort()));
  return { broker, faults: broker.faults, lane };
}

const turns = async (count = 3) => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
};

describe("a broker on demand", () => {
  it("nacks so many messages, and stores none of them", async () => {
    const { broker, faults, lane } = await open();
    faults.nack(2);
    lane.publish({}, {}, {});
    await turns();
    expect(lane.outcomes).toMatchObject([nacked, nacked, confirmed]);
    expect(bodies(broker, "q")).toEqual(["2"]);
  });

  it("nacks the messages that a function picks, until it is told to nack none", async () => {
    const { faults, lane } = await open();
    faults.nack(({ type }) => type === "error");
    lane.publish({ type: "error" }, {}, { type: "error" });
    await turns();
    expect(lane.outcomes).toMatchObject([nacked, confirmed, nacked]);
    faults.nack(0);
    lane.publish({ type: "error" });
    await turns();
    expect(lane.outcomes[3]).toEqual(confirmed);
  });

  it("blocks its connections, says why, and takes nothing until it unblocks", async () => {
    const { broker, faults, lane } = await open();
    faults.block("low on disk");
    lane.publish({});
    await turns();
    expect(lane.outcomes).toEqual([undefined]);
    faults.unblock();
    await turns();
    expect(lane.flows).toEqual([
      { credit: Number.POSITIVE_INFINITY },
      { credit: 0, blocked: "low on disk" },
      { credit: Number.POSITIVE_INFINITY },
    ]);
    expect(lane.outcomes).toEqual([confirmed]);
    expect(broker.depth("q")).toBe(1);
  });

  it("drops all connections; what it had not read is lost, and nobody hears of it", async () => {
    const { broker, faults, lane } = await open();
    lane.publish({});
    await turns();
    lane.publish({});
    faults.disconnect();
    await expect(lane.connection.closed).resolves.toMatchObject({
      kind: "unreachable",
      message: "memory: 320 CONNECTION_FORCED: the broker dropped the connection",
    });
    expect(lane.outcomes).toEqual([confirmed, undefined]);
    expect(bodies(broker, "q")).toEqual(["0"]);
  });

  it("drops connections before it has confirmed what it stored", async () => {
    const { broker, faults, lane } = await open();
    faults.delayConfirms(60_000);
    lane.publish({});
    await turns();
    faults.disconnect();
    await lane.connection.closed;
    expect(lane.outcomes).toEqual([undefined]);
    expect(broker.depth("q")).toBe(1);
  });

  it("confirms late, and is not closed in good order before that", async () => {
    const { broker, faults, lane } = await open();
    faults.delayConfirms(200);
    lane.publish({}, {});
    await turns();
    expect([broker.depth("q"), lane.outcomes]).toEqual([2, [undefined, undefined]]);
    await lane.connection.close(AbortSignal.timeout(5000));
    expect(lane.outcomes).toEqual([confirmed, confirmed]);
  });

  it("refuses connections, and leaves those that are open", async () => {
    const { broker, faults, lane } = await open();
    faults.refuseConnections();
    await expect(connect(broker.transport())).rejects.toMatchObject({
      kind: "unreachable",
      permanent: false,
    });
    lane.publish({});
    await turns();
    expect(lane.outcomes).toEqual([confirmed]);
    faults.acceptConnections();
    await (await connect(broker.transport())).connection.close(AbortSignal.abort());
  });

  it("falls silent to old connections and new ones, and goes on where it was when it wakes", async () => {
    const { broker, faults, lane } = await open();
    faults.silence();
    lane.publish({});
    const connecting = connect(broker.transport());
    await turns();
    expect([lane.outcomes, broker.depth("q")]).toEqual([[undefined], 0]);
    faults.wake();
    await (await connecting).connection.close(AbortSignal.abort());
    await vi.waitFor(() => expect(lane.outcomes).toEqual([confirmed]), { timeout: 20_000 });
  });

  it("that falls silent keeps the confirms that come due, until it wakes", async () => {
    const { broker, faults, lane } = await open();
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    faults.delayConfirms(50);
    lane.publish({});
    await turns();
    faults.silence();
    vi.advanceTimersByTime(100);
    expect([broker.depth("q"), lane.outcomes]).toEqual([1, [undefined]]);
    const closing = lane.connection.close(AbortSignal.timeout(5000));
    faults.wake();
    expect(lane.outcomes).toEqual([confirmed]);
    await closing;
  });

  it("that is silent lets a connect run into its own bound", async () => {
    const { broker, faults } = await open();
    faults.silence();
    const connecting = connect(broker.transport(), { ...optionsFor(), connectionTimeoutMs: 5 });
    await expect(connecting).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("not connected in 5 ms"),
    });
  });

  it("that is silent can drop a connection that is being opened", async () => {
    const { broker, faults } = await open();
    faults.silence();
    const connecting = connect(broker.transport());
    faults.disconnect();
    await expect(connecting).rejects.toMatchObject({ kind: "unreachable" });
  });

  it("is healed of everything at once", async () => {
    const { broker, faults, lane } = await open();
    faults.nack(() => true);
    faults.block();
    faults.silence();
    faults.refuseConnections();
    faults.delayConfirms(60_000);
    faults.heal();
    lane.publish({});
    await turns();
    expect(lane.outcomes).toEqual([confirmed]);
    await (await connect(broker.transport(), optionsFor(), endpoint())).connection.close(AbortSignal.abort());
  });
});
