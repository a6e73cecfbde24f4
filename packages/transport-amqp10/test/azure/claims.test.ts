import { TransportError } from "@streamll/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { holdClaims } from "../../src/azure/claims.js";
import type { Token } from "../../src/azure/token.js";

const HOUR = 3_600_000;
const audience = "sb://ns.servicebus.windows.net/orders";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Puts tokens that live for so long; `answer` says what becomes of each put. */
function holder(lifeMs: number, answer: () => Promise<void> = async () => {}) {
  const life = new AbortController();
  const put: { at: number; token: Token }[] = [];
  const failures: TransportError[] = [];
  const troubles: unknown[] = [];
  const start = Date.now();
  const claims = holdClaims({
    tokenOf: async () => ({ type: "jwt", value: `${put.length}`, expiresAt: Date.now() + lifeMs }),
    put(_, token) {
      put.push({ at: Date.now() - start, token });
      return answer();
    },
    life: life.signal,
    troubled: (error) => troubles.push(error),
    failed: (error) => failures.push(error),
  });
  return { claims, put, failures, troubles, life };
}

const refusal = () => new TransportError("auth", "the token is not taken (401)", { permanent: true });

describe("a token is renewed while the old one lives", () => {
  it.each([
    ["of an hour, after 45 minutes", HOUR, HOUR * 0.75],
    ["of a day, a quarter of an hour before its end", 24 * HOUR, 23.75 * HOUR],
    ["of three seconds, with a quarter of its life left", 3000, 2250],
  ])("%s", async (_, lifeMs, due) => {
    const { claims, put } = holder(lifeMs);
    await claims.hold(audience);
    await vi.advanceTimersByTimeAsync(due - 1);
    expect(put).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(put.map(({ at }) => at)).toEqual([0, due]);
    await vi.advanceTimersByTimeAsync(due);
    expect(put).toHaveLength(3);
  });
});

it("the links to one entity share a token, those to another have their own", async () => {
  const { claims, put } = holder(HOUR);
  await Promise.all([claims.hold(audience), claims.hold(audience)]);
  await claims.hold(`${audience}-2`);
  expect(put).toHaveLength(2);
});

it("a token that is not taken at first fails the link, and the next link asks anew", async () => {
  let taken = false;
  const { claims, put } = holder(HOUR, async () => {
    if (!taken) throw refusal();
  });
  await expect(claims.hold(audience)).rejects.toThrow(refusal().message);
  taken = true;
  await claims.hold(audience);
  expect(put).toHaveLength(2);
});

it("a renewal that fails is tried again until one succeeds", async () => {
  let calls = 0;
  const { claims, put, failures, troubles } = holder(HOUR, async () => {
    if (++calls > 1 && calls < 5) throw new TransportError("timeout", "no answer");
  });
  await claims.hold(audience);
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(put.length).toBe(5);
  expect(troubles).toHaveLength(3);
  expect(failures).toEqual([]);
});

it("a renewal that is refused until the old token has expired ends the connection, and says why", async () => {
  let calls = 0;
  const { claims, failures } = holder(3000, async () => {
    if (++calls > 1) throw refusal();
  });
  await claims.hold(audience);
  await vi.advanceTimersByTimeAsync(2999);
  expect(failures).toEqual([]);
  await vi.advanceTimersByTimeAsync(101);
  expect(failures).toMatchObject([{ kind: "auth", permanent: true }]);
  expect(failures[0]?.message).toContain("the token is not taken (401)");
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(failures).toHaveLength(1);
});

it("nothing is renewed after the end of the connection", async () => {
  const { claims, put, life } = holder(HOUR);
  await claims.hold(audience);
  life.abort();
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(put).toHaveLength(1);
});

it("a source that keeps giving what has expired is not asked in a tight loop", async () => {
  const { claims, put } = holder(-1);
  await claims.hold(audience);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(put.length).toBeLessThanOrEqual(21);
});
