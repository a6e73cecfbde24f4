import { TransportError } from "@streamll/core";
import { type ConnectAttempt, connectWithin } from "@streamll/transport-kit";
import { describe, expect, it } from "vitest";

const never = new AbortController().signal;
const label = "mine://host/";
const failure = (error: unknown) => new TransportError("protocol", `${label}: ${(error as Error).message}`);
const connecting = <T>(steps: (attempt: ConnectAttempt) => Promise<T>, own = {}) =>
  connectWithin({ label, timeoutMs: 5000, signal: never, failure, ...own }, steps);

describe("a connect", () => {
  it("gives what its steps give, and lets go of nothing", async () => {
    const letGo: string[] = [];
    const connection = await connecting(async (attempt) => {
      attempt.onFailure(() => letGo.push("socket"));
      return await attempt.race(Promise.resolve("connection"));
    });
    expect(connection).toBe("connection");
    expect(letGo).toEqual([]);
  });

  it("that fails lets go of what it opened, the last first, and says why in the terms of the seam", async () => {
    const letGo: string[] = [];
    const connect = connecting(async (attempt) => {
      attempt.onFailure(() => letGo.push("socket"));
      attempt.onFailure((error) => letGo.push(`session: ${(error as Error).message}`));
      throw new Error("no such queue");
    });
    await expect(connect).rejects.toMatchObject({ message: `${label}: no such queue` });
    expect(letGo).toEqual(["session: no such queue", "socket"]);
  });

  it.each([
    [undefined, "the host does not answer"],
    ["host", "the host answers, the broker does not"],
    ["broker", "the broker took the login"],
  ] as const)("that takes too long once it has reached %s says where it stuck", async (place, text) => {
    const connect = connecting(
      async (attempt) => {
        if (place) attempt.reached(place);
        return await attempt.race(new Promise(() => {}));
      },
      { timeoutMs: 5 },
    );
    await expect(connect).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining(`not connected in 5 ms: ${text}`),
    });
  });

  it("that is given up rejects, though a step waits for something else than its deadline", async () => {
    const abort = new AbortController();
    const connect = connecting(() => new Promise(() => {}), { signal: abort.signal });
    abort.abort();
    await expect(connect).rejects.toMatchObject({
      kind: "unreachable",
      message: expect.stringContaining("given up"),
    });
  });

  it("that was given up lets go at once of what a step opens later", async () => {
    const letGo: string[] = [];
    let open!: () => void;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const connect = connecting(
      async (attempt) => {
        await opened;
        attempt.onFailure(() => letGo.push("late"));
      },
      { signal: AbortSignal.abort() },
    );
    await expect(connect).rejects.toMatchObject({ kind: "unreachable" });
    open();
    await opened;
    expect(letGo).toEqual(["late"]);
  });
});
