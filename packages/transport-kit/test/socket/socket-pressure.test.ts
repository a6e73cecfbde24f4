import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import type { Flow } from "@streamll/core";
import { aborted, afterDrain, destroyAfterGrace, HIGH_WATER_MARK, socketFlow } from "@streamll/transport-kit";
import { afterEach, describe, expect, it, vi } from "vitest";

/** What is written waits until it is let through. */
function slowNetwork() {
  const waiting: (() => void)[] = [];
  const socket = new Writable({
    write: (_bytes, _encoding, done) => void waiting.push(done),
  });
  const letThrough = () => waiting.shift()?.();
  return { socket, letThrough };
}

describe("the flow of a socket", () => {
  const watch = (socket: Writable, isFull?: () => boolean) => {
    const flows: Flow[] = [];
    const flow = socketFlow(socket, (full) => ({ credit: full ? 0 : 5 }), isFull);
    flow.onFlow((now) => flows.push(now));
    return { flow, flows };
  };

  it("is told at once, stops when too much waits for the network, and goes on when it has drained", async () => {
    const { socket, letThrough } = slowNetwork();
    const { flow, flows } = watch(socket);
    expect(flows).toEqual([{ credit: 5 }]);
    socket.write(Buffer.alloc(HIGH_WATER_MARK + 1));
    flow.checkRoom();
    flow.checkRoom();
    expect(flows).toEqual([{ credit: 5 }, { credit: 0 }]);
    const drained = once(socket, "drain");
    letThrough();
    await drained;
    expect(flows.at(-1)).toEqual({ credit: 5 });
  });

  it("stops too for what is held back before the socket", () => {
    let full = false;
    const { flow, flows } = watch(new PassThrough(), () => full);
    full = true;
    flow.checkRoom();
    expect(flows.at(-1)).toEqual({ credit: 0 });
  });

  it("says nothing where there is no state to tell", () => {
    const listener = vi.fn();
    socketFlow(new PassThrough(), () => undefined).onFlow(listener);
    expect(listener).not.toHaveBeenCalled();
  });
});

describe("after the drain", () => {
  it("of an idle socket is at once", () => {
    const then = vi.fn();
    afterDrain(new PassThrough(), then);
    expect(then).toHaveBeenCalledOnce();
  });

  it("is once the network has all that was written, and never when the socket fails first", async () => {
    const { socket, letThrough } = slowNetwork();
    socket.on("error", () => {});
    const first = vi.fn();
    socket.write("one");
    afterDrain(socket, first);
    expect(first).not.toHaveBeenCalled();
    letThrough();
    letThrough();
    await vi.waitUntil(() => first.mock.calls.length === 1, { timeout: 20_000 });
    const second = vi.fn();
    socket.write("two");
    afterDrain(socket, second);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.destroy(new Error("reset"));
    await closed;
    expect(second).not.toHaveBeenCalled();
  });
});

it("a signal that aborted before is not waited for", async () => {
  await aborted(AbortSignal.abort());
  const controller = new AbortController();
  const waiting = aborted(controller.signal);
  controller.abort();
  await waiting;
});

describe("a socket that ended", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is destroyed after a second, unless it closed by itself", () => {
    vi.useFakeTimers();
    const held = new PassThrough();
    const closed = new PassThrough();
    const destroy = vi.fn();
    destroyAfterGrace(held, () => destroy("held"));
    destroyAfterGrace(closed, () => destroy("closed"));
    closed.emit("close");
    vi.advanceTimersByTime(1000);
    expect(destroy.mock.calls).toEqual([["held"]]);
  });
});
