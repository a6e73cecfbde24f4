import { describe, expect, it, vi } from "vitest";
import { MemoryBroker, type MemoryMessage } from "../src/index.js";

function listener() {
  const heard: string[] = [];
  return { heard, hear: ({ body }: MemoryMessage) => void heard.push(body.toString()) };
}

const put = (broker: MemoryBroker, routingKey: string, body = routingKey) =>
  broker.publish({ exchange: "x", routingKey, body });

function exchange(): MemoryBroker {
  const broker = new MemoryBroker();
  broker.declareExchange("x");
  return broker;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a subscription", () => {
  it("hears what an exchange gets from now on, by pattern, until it is disposed of", async () => {
    const broker = exchange();
    put(broker, "a.before");
    const { heard, hear } = listener();
    const tail = broker.subscribe({ exchange: "x", pattern: "a.*" }, hear);
    for (const key of ["a.1", "b.1", "a.2"]) put(broker, key);
    await turn();
    expect(heard).toEqual(["a.1", "a.2"]);
    tail[Symbol.dispose]();
    expect(put(broker, "a.3")).toBe("unroutable");
    await turn();
    expect(heard).toEqual(["a.1", "a.2"]);
  });

  it("hears once what several patterns match", async () => {
    const broker = exchange();
    const { heard, hear } = listener();
    broker.subscribe({ exchange: "x", pattern: ["a.*", "#.1"] }, hear);
    for (const key of ["a.1", "b.1", "a.2", "b.2"]) put(broker, key);
    await turn();
    expect(heard).toEqual(["a.1", "b.1", "a.2"]);
  });

  it("hears everything without a pattern, beside others and beside queues", async () => {
    const broker = exchange();
    broker.declareQueue("q");
    broker.bind("q", "x");
    const [one, two] = [listener(), listener()];
    for (const { hear } of [one, two]) broker.subscribe({ exchange: "x" }, hear);
    put(broker, "a");
    await turn();
    expect([one.heard, two.heard, broker.depth("q")]).toEqual([["a"], ["a"], 1]);
  });

  it("to a queue takes what waits there and what comes, in turns with others", async () => {
    const broker = new MemoryBroker();
    broker.declareQueue("q");
    const add = (body: string) => broker.publish({ routingKey: "q", body });
    add("1");
    const [one, two] = [listener(), listener()];
    const first = broker.subscribe({ queue: "q" }, one.hear);
    broker.subscribe({ queue: "q" }, two.hear);
    for (const body of ["2", "3"]) add(body);
    await turn();
    expect([one.heard, two.heard, broker.depth("q")]).toEqual([["1", "3"], ["2"], 0]);
    first[Symbol.dispose]();
    for (const body of ["4", "5"]) add(body);
    await turn();
    expect([one.heard, two.heard]).toEqual([
      ["1", "3"],
      ["2", "4", "5"],
    ]);
  });

  it("gets a message that would expire at once", async () => {
    const broker = new MemoryBroker();
    broker.declareQueue("q", { "x-message-ttl": 0 });
    const { heard, hear } = listener();
    broker.subscribe({ queue: "q" }, hear);
    broker.publish({ routingKey: "q", body: "1" });
    await turn();
    expect(heard).toEqual(["1"]);
  });

  it("never hears in the middle of a publish, and may publish itself", async () => {
    const broker = exchange();
    const heard: string[] = [];
    broker.subscribe({ exchange: "x" }, ({ routingKey }) => {
      heard.push(routingKey);
      if (routingKey === "a") put(broker, "b");
    });
    put(broker, "a");
    expect(heard).toEqual([]);
    await vi.waitFor(() => expect(heard).toEqual(["a", "b"]), { timeout: 20_000 });
  });

  it("that throws loses only what it was given, and the error is the program's", async () => {
    const broker = exchange();
    const heard: string[] = [];
    const uncaught: unknown[] = [];
    const others = process.rawListeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => void uncaught.push(error.message));
    try {
      broker.subscribe({ exchange: "x" }, ({ routingKey }) => {
        if (routingKey === "bad") throw new Error("mine");
        heard.push(routingKey);
      });
      for (const key of ["a", "bad", "b"]) put(broker, key);
      await vi.waitFor(() => expect(heard).toEqual(["a", "b"]), { timeout: 20_000 });
      expect(uncaught).toEqual(["mine"]);
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const other of others) process.on("uncaughtException", other as NodeJS.UncaughtExceptionListener);
    }
  });

  it("needs an exchange or a queue that is there", () => {
    const broker = new MemoryBroker();
    expect(() => broker.subscribe({ exchange: "x" }, () => {})).toThrow('no exchange "x"');
    expect(() => broker.subscribe({ queue: "q" }, () => {})).toThrow('no queue "q"');
  });
});
