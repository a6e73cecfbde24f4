import type { TransportError } from "@streamll/core";
import { endAfterStandstill } from "@streamll/transport-kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

describe("a connection of a process that stood still", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setImmediate", "performance", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** One that is closed when it fails. */
  function watched(heartbeatMs: number): TransportError[] {
    const errors: TransportError[] = [];
    let close = () => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const fail = (error: TransportError) => {
      errors.push(error);
      close();
    };
    endAfterStandstill({ heartbeatMs, label: "amqp://broker/", closed, fail });
    return errors;
  }

  it("is ended once what came in is read, where that was for more than two heartbeats", async () => {
    const errors = watched(10_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(errors).toEqual([]);
    vi.setSystemTime(Date.now() + 21_000);
    await vi.advanceTimersByTimeAsync(2501);
    expect(errors).toMatchObject([
      { kind: "timeout", permanent: false, message: expect.stringContaining("stood still for 24 s") },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lives on where that was shorter, or where it has no heartbeat", async () => {
    const [beating, silent] = [watched(10_000), watched(0)];
    await vi.advanceTimersByTimeAsync(1000);
    vi.setSystemTime(Date.now() + 15_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(silent).toEqual([]);
    expect(beating).toEqual([]);
  });

  it("lives on through the pauses of a busy program, however short the heartbeat", async () => {
    const errors = watched(50);
    await vi.advanceTimersByTimeAsync(1000);
    vi.setSystemTime(Date.now() + 1500);
    await vi.advanceTimersByTimeAsync(1000);
    expect(errors).toEqual([]);
  });
});
