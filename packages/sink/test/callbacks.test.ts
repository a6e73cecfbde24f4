import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RabbitMQSinkOptions } from "../src/index.js";
import { keeper } from "./keeper.js";
import { onMemory } from "./on-memory.js";

const unhandled: unknown[] = [];
const remember = (reason: unknown) => unhandled.push(reason);

beforeEach(() => void process.on("unhandledRejection", remember));
afterEach(() => {
  process.off("unhandledRejection", remember);
  expect(unhandled.splice(0)).toEqual([]);
});

const thrown = new Error("s3cret");
const ways = {
  throws: (): never => {
    throw thrown;
  },
  "is async and rejects": async (): Promise<never> => Promise.reject(thrown),
};

/** Of the types `one`, `two` and `three`, those that arrive; `two` with a body that is too large. */
async function run(
  options: RabbitMQSinkOptions,
  listen: (sink: ReturnType<typeof onMemory>["sink"]) => void,
) {
  const { sink, types } = onMemory({ maxEventBytes: "1KiB", metricsInterval: "10ms", ...options });
  listen(sink);
  await sink.start();
  sink.handleEvent({ eventType: "one" });
  sink.handleEvent({ eventType: "two", data: { text: "x".repeat(2000) } });
  sink.handleEvent({ eventType: "three" });
  await sink.stop();
  // Node tells of unhandled rejections once the microtasks are through.
  await new Promise((resolve) => setImmediate(resolve));
  return types();
}

describe.each(Object.entries(ways))("a callback that %s", (way, callback) => {
  const passing = ["metricsCallback", "onFailure", "headers", "eventFilter"] as const;
  const fault = way === "throws" ? "threw Error" : "is async, but must return at once";

  it.each(passing)("as %s holds no event up, and is logged once without what it threw", async (option) => {
    const { lines, logger } = keeper();
    expect(await run({ [option]: callback, logger }, () => {})).toEqual(["one", "three"]);
    const told = lines.filter((line) => /threw|is async/.test(line));
    expect(told).toHaveLength(1);
    if (option === "onFailure") expect(told[0]).toContain('a listener of "failed" threw');
    else if (option === "metricsCallback") expect(told[0]).toContain("metricsCallback threw Error");
    else expect(told[0]).toContain(`${option} ${fault}`);
    expect(lines.join()).not.toContain("s3cret");
  });

  it("as transform keeps the event back, as it may hold what was to be redacted", async () => {
    const { lines, logger } = keeper();
    expect(await run({ transform: callback as never, logger }, () => {})).toEqual([]);
    expect(lines.join("\n")).toContain(`transform ${fault}; the event is rejected`);
    expect(lines.join()).not.toContain("s3cret");
  });

  it("as logger holds no event up", async () => {
    const logger = { debug: callback, info: callback, warn: callback, error: callback };
    const options = { logger, metricsCallback: callback, onFailure: callback, eventFilter: callback };
    expect(await run(options as never, () => {})).toEqual(["one", "three"]);
  });

  it("as a listener holds no event and no other listener up", async () => {
    const heard: string[] = [];
    const listen: Parameters<typeof run>[1] = (sink) => {
      for (const name of [
        "connected",
        "disconnected",
        "blocked",
        "unblocked",
        "failed",
        "dropped",
      ] as const) {
        sink.on(name, callback);
        sink.on(name, () => void heard.push(name));
      }
    };
    const { logger } = keeper();
    expect(await run({ logger }, listen)).toEqual(["one", "three"]);
    expect(heard).toContain("connected");
    expect(heard).toContain("failed");
  });
});

it("what nobody waits for ends no program", async () => {
  const { logger } = keeper();
  const { sink } = onMemory({ logger, maxBufferedEvents: 1 });
  void sink.publish({} as never);
  void sink.publish({ eventType: "one" });
  void sink.publish({ eventType: "too many" });
  void sink.publish({ eventType: "one" }, { sequence: 1 });
  void sink.lastSequence();
  await sink.stop();
  void sink.publish({ eventType: "too late" });
  void sink.start();
  await new Promise((resolve) => setImmediate(resolve));
  expect(sink.stats()).toMatchObject({ events_sent: 1 });
});

it("a callback that throws what cannot even be read harms nobody", async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const callback = (): never => {
    throw proxy;
  };
  const { lines, logger } = keeper();
  const { sink, types } = onMemory({ logger, eventFilter: callback, headers: callback, onFailure: callback });
  expect(sink.handleEvent({ eventType: "one" })).toBe(true);
  await sink.stop();
  expect(types()).toEqual(["one"]);
  expect(lines.join("\n")).toContain("eventFilter threw something unreadable");
});

it("a callback that throws is a warning of the process without a logger, reported once and without its message", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  await run({ headers: ways.throws }, () => {});
  expect(warn.mock.calls).toEqual([
    ["headers threw Error; the event is sent without them (reported once)", "StreamllWarning"],
    [expect.stringContaining("failed: the event has 2209 bytes"), "StreamllWarning"],
    ["1 event was lost: 1 failed (EVENT_TOO_LARGE 1)", "StreamllWarning"],
  ]);
  warn.mockRestore();
});

it("one fault of a callback does not hide another of it", async () => {
  const { lines, logger } = keeper();
  let calls = 0;
  const headers = () => {
    if (calls++ === 0) throw thrown;
    return { CC: "elsewhere" };
  };
  await run({ logger, headers }, () => {});
  expect(lines.filter((line) => line.includes("header was left out"))).toHaveLength(1);
  expect(lines.filter((line) => line.includes("headers threw"))).toHaveLength(1);
});
