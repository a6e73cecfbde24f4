import type { Topology } from "@streamll/core";
import { redeclarer } from "@streamll/transport-kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const topology: Topology = {
  mode: "declare",
  exchanges: [],
  queues: [],
  bindings: [{ exchange: "events", queue: "q", pattern: "#" }],
};

function bench(own: Partial<Topology> = {}) {
  const state = { isAnswering: true };
  const declare = vi.fn(async () => {});
  const failed = vi.fn();
  const pauses: Promise<void>[] = [];
  const redeclare = redeclarer({
    topology: { ...topology, ...own },
    declare,
    failed,
    pause: (until) => void pauses.push(until),
    isAnswering: () => state.isAnswering,
  });
  return { redeclare, declare, failed, pauses, state };
}

describe("a message that no queue took", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("has what the sink bound declared again, and nothing is taken meanwhile", async () => {
    const { redeclare, declare, pauses } = bench();
    redeclare("events");
    redeclare("events");
    expect(declare).toHaveBeenCalledOnce();
    expect(pauses).toHaveLength(1);
    await pauses[0];
  });

  it("changes nothing where the queue is not the sink's", () => {
    const own = bench();
    own.redeclare("another");
    expect(own.declare).not.toHaveBeenCalled();
    const passive = bench({ mode: "passive" });
    passive.redeclare("events");
    expect(passive.declare).not.toHaveBeenCalled();
  });

  it("has it tried ever more rarely: after 1 s, then 2 s, and at least once a minute", async () => {
    const { redeclare, declare, pauses } = bench();
    let expected = 0;
    for (const pause of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      redeclare("events");
      expect(declare).toHaveBeenCalledTimes(++expected);
      await pauses.at(-1);
      vi.advanceTimersByTime(pause - 1);
      redeclare("events");
      expect(declare).toHaveBeenCalledTimes(expected);
      vi.advanceTimersByTime(1);
    }
  });

  it("ends the connection where the declaration is refused, and not where the broker does not answer now", async () => {
    const { redeclare, declare, failed, pauses, state } = bench();
    declare.mockRejectedValueOnce(new Error("late"));
    redeclare("events");
    state.isAnswering = false;
    await pauses[0];
    expect(failed).not.toHaveBeenCalled();
    redeclare("events");
    expect(declare).toHaveBeenCalledOnce();
    state.isAnswering = true;
    vi.advanceTimersByTime(1000);
    declare.mockRejectedValueOnce(new Error("refused"));
    redeclare("events");
    await pauses[1];
    expect(failed).toHaveBeenCalledOnce();
  });
});
