import { AsyncLocalStorage } from "node:async_hooks";
import { beforeEach, describe, expect, it } from "vitest";
import { configure, emit, type StreamllEvent, trace } from "../../src/index.js";
import { FrameworkCalls } from "../../src/internal.js";
import { Recorder } from "./recorder.js";

let recorder: Recorder;
beforeEach(() => {
  recorder = new Recorder();
  configure({ sinks: [recorder] });
});

/** A framework with a context of its own. */
const context = new AsyncLocalStorage<string>();
const calls = new FrameworkCalls("test", () => context.getStore());

const starts = (): StreamllEvent[] => recorder.events.filter(({ eventType }) => eventType === "start");
/** Each call with its parent. */
const places = () =>
  starts().map(({ operation, parentId }) => [
    operation,
    starts().find(({ eventId }) => eventId === parentId)?.operation,
  ]);

describe("a call of a framework", () => {
  it("encloses what the program records inside it", () => {
    trace("program", () => {
      const tool = calls.open("tool", "search", {});
      context.run("tool", () => {
        trace("index", () => {});
        emit("found");
      });
      tool.end();
    });
    expect(places()).toEqual([
      ["program", undefined],
      ["search", "program"],
      ["index", "search"],
    ]);
    const found = recorder.events.find(({ eventType }) => eventType === "found")!;
    expect(found).toMatchObject({ operation: "search", parentId: starts()[1]!.eventId });
  });

  it("does not directly enclose what the program records in a call of its own", () => {
    const tool = calls.open("tool", "search", {});
    context.run("tool", () => trace("index", () => trace("read", () => {})));
    tool.end();
    expect(places()).toEqual([
      ["search", undefined],
      ["index", "search"],
      ["read", "index"],
    ]);
  });

  it("is below the call that the program opened in between, as long as that is open", () => {
    const agent = calls.open("agent", "agent", {});
    const later = context.run("agent", () =>
      trace("plan", () => {
        calls.open("tool", "search", { parentId: agent.id }).end();
        return AsyncLocalStorage.snapshot();
      }),
    );
    later(() => calls.open("late", "late", { parentId: agent.id }).end());
    agent.end();
    expect(places()).toEqual([
      ["agent", undefined],
      ["plan", "agent"],
      ["search", "plan"],
      ["late", "agent"],
    ]);
  });

  it("is below the parent that its framework names, whichever of its calls is current", () => {
    const step = calls.open("step", "step", {});
    const model = calls.open("model", "model", { parentId: step.id });
    context.run("model", () => calls.open("tool", "tool", { parentId: step.id }).end());
    model.end();
    step.end();
    expect(places()).toEqual([
      ["step", undefined],
      ["model", "step"],
      ["tool", "step"],
    ]);
  });

  it("encloses nothing once it has ended, or once its key is forgotten", () => {
    trace("program", () => {
      const tool = calls.open("tool", "search", {});
      calls.name("inner", tool.id);
      context.run("inner", () => trace("a", () => {}));
      calls.forget("inner", tool.id);
      context.run("inner", () => trace("b", () => {}));
      tool.end();
      context.run("tool", () => trace("c", () => {}));
    });
    expect(places().slice(2)).toEqual([
      ["a", "search"],
      ["b", "program"],
      ["c", "program"],
    ]);
  });

  it("keeps its key when an earlier call with the same key ends", () => {
    const first = calls.open("key", "first", {});
    const second = calls.open("key", "second", {});
    first.end();
    context.run("key", () => trace("a", () => {}));
    second.end();
    expect(places().at(-1)).toEqual(["a", "second"]);
  });

  it("is recorded even if its framework's context cannot be read", () => {
    new FrameworkCalls("broken", () => {
      throw new RangeError("no context");
    });
    const call = new FrameworkCalls("test", () => context.getStore()).open("x", "x", {});
    trace("program", () => {});
    call.end();
    expect(places()).toEqual([
      ["x", undefined],
      ["program", undefined],
    ]);
  });
});
