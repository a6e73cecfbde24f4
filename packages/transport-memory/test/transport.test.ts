import { outboundMessage, silentLogger } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import { MemoryBroker, memoryTransport } from "../src/index.js";
import { bodies } from "./support/bodies.js";
import { connect, endpoint, type Lane, optionsFor } from "./support/lane.js";

const confirmed = { kind: "confirmed" };
const close = ({ connection }: Lane) => connection.close(AbortSignal.timeout(5000));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a memory: URL", () => {
  it.each([
    ["memory:", endpoint(), ""],
    ["memory:orders", endpoint("orders"), "orders"],
    ["memory://orders", endpoint("", "orders"), "orders"],
    ["memory://orders/eu", endpoint("eu", "orders"), "orders/eu"],
  ])("%s is a broker of this process", async (_url, to, name) => {
    const lane = await connect(memoryTransport, optionsFor(), to);
    lane.publish({});
    await close(lane);
    expect(bodies(MemoryBroker.named(name), "q")).toEqual(["0"]);
  });

  it("is one broker for both the ESM and the CJS copy of the package", async () => {
    vi.resetModules();
    const copy = await import("../src/index.js");
    expect(copy.MemoryBroker).not.toBe(MemoryBroker);
    const lane = await connect(copy.memoryTransport, optionsFor(), endpoint("copies"));
    lane.publish({});
    await close(lane);
    expect(bodies(MemoryBroker.named("copies"), "q")).toEqual(["0"]);
    expect(copy.MemoryBroker.named("copies")).toBe(MemoryBroker.named("copies"));
  });

  it("has no TLS", () => {
    expect(() => memoryTransport.create({ ...optionsFor(), tls: {} })).toThrow(
      "a broker in this process has no TLS",
    );
  });
});

describe("a connection", () => {
  it("brings a message with all its properties", async () => {
    const broker = new MemoryBroker();
    const options = optionsFor();
    const message = { ...options.message, priority: 3, expirationMs: 60_000 };
    const lane = await connect(broker.transport(), { ...options, message });
    lane.publish({});
    await close(lane);
    expect(broker.consume("q")).toEqual([
      {
        body: Buffer.from("0"),
        exchange: "x",
        routingKey: "a.b",
        messageId: "m-0",
        correlationId: "c",
        type: "start",
        timestamp: 5,
        headers: { h: 1 },
        appId: "app",
        contentType: "text/plain",
        priority: 3,
        expirationMs: 60_000,
        deliveryMode: 2,
        redelivered: false,
      },
    ]);
  });

  it("answers later, and neighbours that fare alike in one range", async () => {
    const { connection } = await connect(new MemoryBroker().transport());
    const message = outboundMessage({
      sequence: 0,
      routingKey: "a",
      body: Buffer.alloc(0),
      messageId: "",
      correlationId: "",
      type: "",
      timestamp: 0,
      headers: {},
    });
    const lost = message.detach({ routingKey: "nobody" });
    const settle = vi.fn();
    connection.publish([message, message, lost, lost, message], settle);
    expect(settle).not.toHaveBeenCalled();
    await turn();
    expect(settle.mock.calls.map(([from, to, { kind }]) => [from, to, kind])).toEqual([
      [0, 2, "confirmed"],
      [2, 4, "refused"],
      [4, 5, "confirmed"],
    ]);
  });

  it("says of a mandatory message that no queue takes it", async () => {
    const lane = await connect(new MemoryBroker("shop").transport());
    lane.publish({ routingKey: "nobody" });
    await turn();
    expect(lane.outcomes).toMatchObject([
      {
        kind: "refused",
        error: {
          kind: "unroutable",
          permanent: false,
          message: 'memory:shop: no queue of exchange "x" takes the message: bind one to its routing key',
        },
      },
    ]);
  });

  it("confirms what no queue takes where it is not mandatory", async () => {
    const options = optionsFor();
    const message = { ...options.message, mandatory: false };
    const lane = await connect(new MemoryBroker().transport(), { ...options, message });
    lane.publish({ routingKey: "nobody" });
    await turn();
    expect(lane.outcomes).toEqual([confirmed]);
  });

  it("takes a message that only an alternate exchange can route", async () => {
    const broker = new MemoryBroker();
    broker.declareExchange("x", "topic", { "alternate-exchange": "amq.fanout" });
    broker.declareQueue("spare");
    broker.bind("spare", "amq.fanout");
    const lane = await connect(broker.transport());
    lane.publish({ routingKey: "nobody" });
    await turn();
    expect([lane.outcomes, broker.depth("spare")]).toEqual([[confirmed], 1]);
  });

  it("is told by a nack of a queue that is full", async () => {
    const lane = await connect(
      new MemoryBroker().transport(),
      optionsFor({ "x-max-length": 1, "x-overflow": "reject-publish" }),
    );
    lane.publish({}, {});
    await turn();
    expect(lane.outcomes).toMatchObject([confirmed, { kind: "refused", error: { kind: "nack" } }]);
  });

  it("without confirms says written, and warns once of what came back", async () => {
    const logger = { ...silentLogger, warn: vi.fn() };
    const lane = await connect(new MemoryBroker().transport(), { ...optionsFor(), confirms: false, logger });
    lane.publish({}, { routingKey: "nobody" }, { routingKey: "nobody" });
    await turn();
    const written = { kind: "written" };
    expect(lane.outcomes).toEqual([written, written, written]);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it("ends when a message goes to an exchange that is not there, after those before it", async () => {
    const lane = await connect(new MemoryBroker().transport());
    lane.publish({}, { exchange: "missing" }, {});
    await expect(lane.connection.closed).resolves.toMatchObject({
      kind: "not-found",
      permanent: false,
      message: expect.stringContaining('no exchange "missing"'),
    });
    expect(lane.outcomes).toEqual([confirmed, undefined, undefined]);
  });

  it("may name another exchange for one message", async () => {
    const broker = new MemoryBroker();
    broker.declareQueue("dead");
    const lane = await connect(broker.transport());
    lane.publish({ exchange: "", routingKey: "dead" });
    await turn();
    expect([lane.outcomes, broker.depth("dead")]).toEqual([[confirmed], 1]);
  });
});

describe("the topology of a connection", () => {
  const withTopology = (change: Partial<ReturnType<typeof optionsFor>["topology"]>) => {
    const options = optionsFor();
    return { ...options, topology: { ...options.topology, ...change } };
  };

  it("declared again is no conflict; with other arguments it is", async () => {
    const broker = new MemoryBroker();
    await close(await connect(broker.transport()));
    await close(await connect(broker.transport()));
    await expect(connect(broker.transport(), optionsFor({ "x-message-ttl": 5 }))).rejects.toMatchObject({
      kind: "topology-conflict",
      permanent: true,
      message: expect.stringContaining("received 5 but current is none"),
    });
  });

  it("passive only checks", async () => {
    const broker = new MemoryBroker();
    const passive = withTopology({ mode: "passive" });
    const missing = (message: string) => ({
      kind: "not-found",
      permanent: true,
      message: expect.stringContaining(message),
    });
    await expect(connect(broker.transport(), passive)).rejects.toMatchObject(missing('no exchange "x"'));
    broker.declareExchange("x", "fanout");
    await expect(connect(broker.transport(), passive)).rejects.toMatchObject(missing('no queue "q"'));
    broker.declareQueue("q");
    const lane = await connect(broker.transport(), passive);
    lane.publish({});
    await turn();
    expect(lane.outcomes).toMatchObject([{ kind: "refused", error: { kind: "unroutable" } }]);
  });

  it("none does neither", async () => {
    const broker = new MemoryBroker();
    await close(await connect(broker.transport(), withTopology({ mode: "none" })));
    expect(() => broker.depth("q")).toThrow('no queue "q"');
  });

  it("leaves the default exchange alone", async () => {
    const broker = new MemoryBroker();
    const exchanges = [{ name: "", type: "topic", arguments: {} }];
    const bindings = [{ exchange: "", queue: "q", pattern: "q" }];
    await close(await connect(broker.transport(), withTopology({ exchanges, bindings })));
    expect(broker.depth("q")).toBe(0);
  });
});
