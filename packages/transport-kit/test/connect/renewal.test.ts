import { type Login, renewBeforeExpiry } from "@streamll/transport-kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const lasting = (milliseconds: number): Login => ({
  mechanism: "PLAIN",
  username: "",
  password: "token",
  expiresAt: Date.now() + milliseconds,
});
const HOUR = 3_600_000;

describe("a password that expires", () => {
  const steps = {
    ask: vi.fn<() => Promise<Login>>(),
    update: vi.fn(async () => {}),
    failed: vi.fn(),
    blocked: vi.fn(() => false),
  };
  beforeEach(() => {
    vi.useFakeTimers();
    vi.resetAllMocks();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is renewed a minute before, again and again", async () => {
    steps.ask.mockImplementation(async () => lasting(HOUR));
    const stop = renewBeforeExpiry(lasting(HOUR), steps);
    await vi.advanceTimersByTimeAsync(HOUR - 60_001);
    expect(steps.update).toHaveBeenCalledTimes(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(steps.update).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(HOUR - 60_000);
    expect(steps.update).toHaveBeenCalledTimes(2);
    stop();
  });

  it("is not asked for in a tight loop where the new one has expired too", async () => {
    steps.ask.mockImplementation(async () => lasting(-HOUR));
    const stop = renewBeforeExpiry(lasting(-HOUR), steps);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(steps.ask).toHaveBeenCalledTimes(10);
    stop();
  });

  it("is asked for again while the old one still lives, and the connection ends only with that", async () => {
    steps.ask
      .mockRejectedValueOnce(new Error("the service is away"))
      .mockImplementation(async () => lasting(HOUR));
    const stop = renewBeforeExpiry(lasting(HOUR), steps);
    await vi.advanceTimersByTimeAsync(HOUR - 60_000);
    expect(steps.ask).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(steps.update).toHaveBeenCalledTimes(1);
    const away = new Error("the service is away for long");
    steps.ask.mockRejectedValue(away);
    await vi.advanceTimersByTimeAsync(HOUR - 2000);
    expect(steps.failed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2000);
    expect(steps.failed.mock.calls).toEqual([[away]]);
    expect(steps.ask.mock.calls.length).toBeLessThan(15);
    stop();
  });

  it("that outlives the longest timer is not asked for at once", async () => {
    const stop = renewBeforeExpiry(lasting(100 * 24 * HOUR), steps);
    await vi.advanceTimersByTimeAsync(24 * HOUR);
    expect(steps.ask).not.toHaveBeenCalled();
    stop();
  });

  it("waits while the broker reads nothing from a blocked connection", async () => {
    steps.blocked.mockReturnValue(true);
    steps.ask.mockImplementation(async () => lasting(HOUR));
    const stop = renewBeforeExpiry(lasting(5000), steps);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(steps.ask).not.toHaveBeenCalled();
    steps.blocked.mockReturnValue(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(steps.update).toHaveBeenCalledTimes(1);
    stop();
  });

  it("is left alone once the connection has ended", async () => {
    const timers = vi.getTimerCount();
    const stop = renewBeforeExpiry(lasting(5000), steps);
    stop();
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(steps.ask).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(timers);
  });
});
