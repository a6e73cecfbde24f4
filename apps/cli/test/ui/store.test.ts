import { createEvent } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { Store } from "../../src/ui/store.js";
import { callsSince, detailsOf, rowsSince } from "../../src/ui/view.js";

const MIB = 1024 * 1024;

function filled(store: Store) {
  let count = 0;
  return (fields: Partial<Parameters<typeof createEvent>[0]> & { eventType: string }) => {
    const event = createEvent({ eventId: `e${count++}`, executionId: "x", moduleName: "RAG", ...fields });
    store.add(event, JSON.stringify({ event_id: event.eventId, data: event.data }));
    return event.eventId;
  };
}

describe("the store of streamll ui", () => {
  it("keeps at most 100,000 events, in bounded memory, and lets silent executions go first", () => {
    const store = new Store({ events: 100_000, bytes: 64 * MIB });
    const add = filled(store);
    add({ executionId: "busy", eventType: "start" });
    for (let i = 0; i < 150_000; i++) {
      add({ executionId: `run ${Math.floor(i / 10)}`, eventType: "note", data: { text: `number ${i}` } });
      if (i % 1000 === 0) add({ executionId: "busy", eventType: "note" });
    }
    expect(store.events).toBeLessThanOrEqual(100_000);
    expect(store.events).toBeGreaterThan(99_980);
    expect(store.received).toBe(150_151);
    expect(store.executions.has("run 0")).toBe(false);
    expect(store.executions.has("run 14999")).toBe(true);
    expect(store.executions.get("busy")?.events).toBe(151);
    const held = [...store.executions.values()];
    expect(held.reduce((sum, { events }) => sum + events, 0)).toBe(store.events);
    expect(held.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(store.bytes);
    expect(rowsSince(store, 0, "", "all")).toHaveLength(2000);
  });

  it("keeps no more bytes than it may, whatever the events hold", () => {
    const store = new Store({ events: 100_000, bytes: MIB });
    const add = filled(store);
    for (let i = 0; i < 100; i++)
      add({ executionId: `run ${i}`, eventType: "note", data: { text: "x".repeat(100_000) } });
    expect(store.bytes).toBeLessThanOrEqual(MIB);
    expect(store.forgotten).toBe(90);
  });

  it("counts what one execution has beyond the room of all", () => {
    const store = new Store({ events: 10, bytes: MIB });
    const add = filled(store);
    for (let i = 0; i < 25; i++) add({ eventType: "note" });
    expect(store.events).toBe(10);
    expect(rowsSince(store, 0, "", "all")).toEqual([
      expect.objectContaining({ id: "x", calls: 10, cut: 15 }),
    ]);
  });

  it("puts a call together from its events, tokens included, and tells of each change once", () => {
    const store = new Store({ events: 100, bytes: MIB });
    const add = filled(store);
    const root = add({ eventType: "start", operation: "answer" });
    const model = add({ eventType: "llm_start", parentId: root });
    const execution = store.executions.get("x")!;
    const first = callsSince(execution, -1);
    expect(first.calls.map(({ id, parent, kind }) => [id, parent, kind])).toEqual([
      [root, undefined, "call"],
      [model, root, "model"],
    ]);
    expect(callsSince(execution, first.version).calls).toEqual([]);
    for (const token of ["to", "ken"])
      add({ eventType: "token", parentId: model, data: { token, token_count: 2 } });
    add({ eventType: "error", parentId: root, data: { duration_ms: 40, error_message: "no" } });
    const second = callsSince(execution, first.version);
    expect(second.calls.map(({ id, tokens, failed }) => [id, tokens, failed])).toEqual([
      [model, 4, false],
      [root, 0, true],
    ]);
    expect(JSON.parse(detailsOf(execution.calls.get(model)!))).toMatchObject({ text: "token", events: [{}] });
    expect(rowsSince(store, 0, "", "open")).toEqual([
      expect.objectContaining({ open: 1, errors: 1, tokens: 4 }),
    ]);
    expect(store.latencies.read()).toEqual([
      expect.objectContaining({ name: "RAG.forward / answer", count: 1, failed: 1, p99: 40 }),
    ]);
  });

  it("names a call once where its operation is the name of the method", () => {
    const store = new Store({ events: 10, bytes: MIB });
    const add = filled(store);
    add({ eventType: "start", operation: "forward" });
    add({ eventType: "start", operation: "retrieve" });
    const { calls } = callsSince(store.executions.get("x")!, -1);
    expect(calls.map(({ name }) => name)).toEqual(["RAG.forward", "RAG.forward / retrieve"]);
  });

  it("shows what began before it was there, and events without a parent, by their names", () => {
    const store = new Store({ events: 100, bytes: MIB });
    const add = filled(store);
    add({ eventType: "end", parentId: "unseen", data: { duration_ms: 500 } });
    add({ eventType: "start", operation: "python" });
    add({ eventType: "end", operation: "python", data: { duration_ms: 5 } });
    const { calls } = callsSince(store.executions.get("x")!, -1);
    expect(calls.map(({ end }) => end !== undefined)).toEqual([true, true]);
    expect(calls[0]!.end! - calls[0]!.at).toBeGreaterThanOrEqual(499);
    expect(store.executions.get("x")?.open).toBe(0);
  });

  it("marks the time in which it heard nothing", () => {
    const store = new Store({ events: 10, bytes: MIB });
    for (let i = 0; i < 150; i++) store.lost("reset");
    store.restored();
    store.restored();
    expect(store.gaps).toHaveLength(100);
    expect(store.gaps.at(-1)).toMatchObject({ reason: "reset", to: expect.any(Number) });
  });

  it("takes any event, and names of which there is no end", () => {
    const store = new Store({ events: 1000, bytes: MIB });
    const add = filled(store);
    for (let i = 0; i < 300; i++) {
      const id = add({ eventType: "start", operation: `__proto__${i}` });
      add({ eventType: "end", operation: `__proto__${i}`, parentId: id });
    }
    expect(store.latencies.read()).toHaveLength(201);
  });
});
