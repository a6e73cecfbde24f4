import { randomUUID } from "node:crypto";
import type { AnyEvent } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import type { Failure } from "../src/index.js";
import { keeper } from "./keeper.js";
import { onMemory } from "./on-memory.js";
import { optionNames, rowOf } from "./option-rows.js";
import { problemsOf } from "./problems.js";

describe("every option", () => {
  it.each(optionNames)("%s refuses what is of no type that it takes, by its name", (option) => {
    const [problem] = problemsOf({ [option]: Symbol("s") });
    expect(problem).toMatch(new RegExp(`^${option}: .*must be `, "s"));
  });

  const numeric = optionNames.filter((option) =>
    ["number", "seconds", "milliseconds", "hours", "size"].some((type) =>
      rowOf(option).kind.type.startsWith(type),
    ),
  );

  it("that is a number is among these", () => {
    expect(numeric).toEqual(
      expect.arrayContaining(["batchSize", "batchTimeout", "batchBytes", "retryBackoffMs", "queuePriority"]),
    );
    expect(numeric.length).toBeGreaterThan(20);
  });

  it.each(numeric)("%s refuses what no number of it can be", (option) => {
    for (const value of [
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      1e300,
      "",
      "x",
      [5],
    ]) {
      expect(problemsOf({ [option]: value }).find((line) => line.startsWith(`${option}: `))).toBeDefined();
    }
  });
});

describe("a URL in the place of another option", () => {
  it.each(["transport", "connectionTimeout", "queueType", "batchBytes", "tls", "logger"])(
    "as %s is refused, without its password",
    (option) => {
      for (const url of ["amqp://u:s3c@ret@h", "u:s3c@ret@h:5672", `amqp://u:s3c${"x".repeat(60)}ret@h`]) {
        const [problem] = problemsOf({ [option]: url });
        expect(problem).toContain("must be");
        expect(problem).not.toMatch(/s3c|ret/);
      }
    },
  );
});

const boom = (): never => {
  throw new Error("s3cret");
};

describe("an event", () => {
  const cycle: Record<string, unknown> = { name: "c" };
  cycle.self = cycle;

  it.each<[string, unknown, unknown]>([
    ["a cycle", cycle, { name: "c", self: "[Circular]" }],
    [
      "a throwing getter",
      Object.defineProperty({}, "x", { enumerable: true, get: boom }),
      { x: "[Getter threw]" },
    ],
    ["a BigInt", 2n ** 70n, "1180591620717411303424"],
    ["a lone surrogate", "\udc00!", "\ufffd!"],
    ["a key named __proto__", JSON.parse('{"__proto__":{"p":1}}'), JSON.parse('{"__proto__":{"p":1}}')],
    ["a hostile proxy", new Proxy({}, { ownKeys: boom, getPrototypeOf: boom, get: boom }), "[Unreadable]"],
  ])("with %s is delivered, and its neighbours with it", async (_, value, expected) => {
    const { sink, arrived } = onMemory();
    for (const one of ["before", value, "after"]) {
      expect(sink.handleEvent({ eventType: "step", data: { value: one } })).toBe(true);
    }
    expect(await sink.stop()).toMatchObject({ sent: 3, failed: 0 });
    const values = arrived().map(({ body }) => JSON.parse(body.toString()).data.value);
    expect(values).toEqual(["before", expected, "after"]);
    expect(({} as Record<string, unknown>).p).toBeUndefined();
  });

  it("of 5 MB fails alone by default, and is whole for onFailure", async () => {
    const failures: Failure[] = [];
    const { lines, logger } = keeper();
    const { sink, types } = onMemory({ logger, onFailure: (failure) => failures.push(failure) });
    const text = "s3cret".repeat(900_000);
    for (const event of [
      { eventType: "before" },
      { eventType: "large", data: { text } },
      { eventType: "after" },
    ]) {
      expect(sink.handleEvent(event)).toBe(true);
    }
    const published = sink.publish({ eventType: "large", data: { text } });
    await expect(published).rejects.toMatchObject({
      code: "EVENT_TOO_LARGE",
      message: expect.stringMatching(
        /^the event has 54\d{5} bytes, at most 1048576 are allowed \(maxEventBytes\)$/,
      ),
    });
    await sink.stop();
    expect(sink.stats()).toMatchObject({ events_sent: 2, events_failed: 2, reconnects: 0 });
    expect(types()).toEqual(["before", "after"]);
    expect(failures[0]).toMatchObject({ code: "EVENT_TOO_LARGE", attempts: 0, event: { data: { text } } });
    expect(lines.join()).not.toContain("s3cret");
  });

  it("of 5 MB is delivered where that is allowed", async () => {
    const { sink, arrived } = onMemory({ maxEventBytes: "8MiB" });
    const text = "é".repeat(2_500_000);
    sink.handleEvent({ eventType: "large", data: { text } });
    expect(await sink.stop()).toMatchObject({ sent: 1 });
    expect(JSON.parse(arrived()[0]!.body.toString()).data.text === text).toBe(true);
  });

  it.each<[string, unknown]>([
    ["without event_type", { operation: "s3cret" }],
    ["with a number for its type", { eventType: 7 }],
    ["with data of text", { eventType: "end", data: "s3cret" }],
    ["with a tag that is no text", { eventType: "end", tags: { n: { s3cret: 1 } } }],
    ["with a time that is none", { eventType: "end", timestamp: "s3cret" }],
    ["that is a list", [{ eventType: "s3cret" }]],
    ["that is JSON text", '{"event_type":"s3cret"}'],
    [
      "that is a revoked proxy",
      (() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      })(),
    ],
  ])("%s is rejected, and its neighbours are delivered; no log repeats it", async (_, bad) => {
    const { lines, logger } = keeper();
    const { sink, types } = onMemory({ logger });
    sink.handleEvent({ eventType: "before" });
    expect(sink.handleEvent(bad as AnyEvent)).toBe(false);
    await expect(sink.publish(bad as AnyEvent)).rejects.toMatchObject({
      code: "INVALID_EVENT",
      message: expect.not.stringContaining("s3cret"),
    });
    sink.handleEvent({ eventType: "after" });
    expect(await sink.stop()).toMatchObject({ sent: 2, failed: 0 });
    expect(types()).toEqual(["before", "after"]);
    expect(sink.stats()).toMatchObject({ events_received: 2, events_rejected: 2 });
    expect(lines.filter((line) => line.startsWith("rejected an invalid event"))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith("2 events were lost: 2 not taken"))).toHaveLength(1);
    expect(lines.join()).not.toContain("s3cret");
  });

  it("an invalid one is a warning of the process where there is no logger, reported once", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { sink } = onMemory();
    for (let i = 0; i < 3; i++) sink.handleEvent({ operation: "s3cret" } as never);
    await sink.stop();
    expect(warn.mock.calls).toEqual([
      ["rejected an invalid event: check event_type (reported once)", "StreamllWarning"],
      ["3 events were lost: 3 not taken (INVALID_EVENT 3)", "StreamllWarning"],
    ]);
    warn.mockRestore();
  });
});

describe("the name of a module", () => {
  it.each([
    ["a.b.c", "a_b_c"],
    ["#", "_"],
    ["*", "_"],
    ["two words\n", "two_words_"],
    ["x".repeat(300), "x".repeat(80)],
    ["🐰".repeat(300), "_".repeat(80)],
    ["🐰", "_"],
    ["", "unknown"],
    ["\ud800", "_"],
    ["{event_type}", "_event_type_"],
  ])(
    "%j is one word of the key: the event is routed, and its name whole in the body",
    async (moduleName, word) => {
      const { sink, arrived } = onMemory({
        exchange: randomUUID(),
        routingKey: "m.{module_name}.end",
        queue: "q",
      });
      await sink.publish({ eventType: "end", moduleName });
      const [message, ...others] = arrived("q");
      expect(others).toEqual([]);
      expect(message!.routingKey).toBe(`m.${word}.end`);
      expect(JSON.parse(message!.body.toString()).module_name).toBe(moduleName.replace("\ud800", "\ufffd"));
      await sink.stop();
    },
  );
});
