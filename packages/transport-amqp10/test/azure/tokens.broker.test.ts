import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { describe, expect, it, vi } from "vitest";
import { publish, WAIT } from "../support/connect.js";
import { message } from "../support/options.js";
import { busTransport, endpointOf, openBus, QUEUE } from "./support/bus.js";

describe("a token of Microsoft Entra ID", () => {
  it("is put for the queue, and renewed while the connection lives", async () => {
    await using bus = await startFakeServiceBus({ entities: [QUEUE] });
    const asked: unknown[] = [];
    const credential = {
      async getToken(scopes: string | string[]) {
        asked.push(scopes);
        return { token: bus.entraToken(1500), expiresOnTimestamp: Date.now() + 1500 };
      },
    };
    const { username: _, password: __, ...endpoint } = endpointOf(bus);
    await using lane = await openBus(bus, { credential }, endpoint);
    await vi.waitUntil(() => bus.tokens.length > 1, WAIT);
    expect(new Set(asked)).toEqual(new Set(["https://servicebus.azure.net/.default"]));
    expect(bus.tokens).toMatchObject(
      bus.tokens.map(() => ({ type: "jwt", name: `sb://localhost:${bus.port}/${QUEUE}`, status: 202 })),
    );
    expect(await publish(lane.connection, [message()])).toEqual([{ kind: "confirmed" }]);
  });

  it("that is refused fails the connect, and says why", async () => {
    await using bus = await startFakeServiceBus({ entities: [QUEUE] });
    const credential = {
      getToken: async () => ({
        token: bus.entraToken(60_000, "https://vault.azure.net"),
        expiresOnTimestamp: 0,
      }),
    };
    const transport = busTransport({ credential });
    await expect(
      transport.connect(endpointOf(bus), { index: 0 }, AbortSignal.timeout(10_000)),
    ).rejects.toMatchObject({ kind: "auth", permanent: true });
  });
});

it("tokens of a key that live 4 seconds are renewed under load, and nothing is lost or sent twice", async () => {
  await using bus = await startFakeServiceBus({ entities: [QUEUE] });
  await using lane = await openBus(bus, { tokenLifeMs: 4000 });
  let ended = false;
  void lane.connection.closed.then(() => {
    ended = true;
  });
  let sent = 0;
  while (bus.tokens.length < 3) {
    const outcomes = await publish(
      lane.connection,
      Array.from({ length: 20 }, () => message()),
    );
    expect(outcomes.every(({ kind }) => kind === "confirmed")).toBe(true);
    sent += outcomes.length;
    await new Promise(setImmediate);
  }
  expect(ended).toBe(false);
  expect(bus.received(QUEUE)).toHaveLength(sent);
  expect(new Set(bus.received(QUEUE).map(({ message: { message_id } }) => message_id)).size).toBe(sent);
});

it("a renewal that is refused for a while is told once, and goes unnoticed otherwise", async () => {
  await using bus = await startFakeServiceBus({ entities: [QUEUE] });
  const lines: unknown[] = [];
  const warn = (fields: object) => lines.push(fields);
  const logger = { debug() {}, info() {}, warn, error() {} };
  await using lane = await openBus(bus, { tokenLifeMs: 8000, logger });
  bus.faults.failCbs({ times: 2 });
  await vi.waitUntil(() => bus.tokens.filter(({ status }) => status === 202).length > 1, WAIT);
  expect(bus.tokens.map(({ status }) => status)).toEqual([202, 401, 401, 202]);
  expect(lines).toEqual([{ line: "token_not_renewed", endpoint: endpointOf(bus).label }]);
  expect(await publish(lane.connection, [message()])).toEqual([{ kind: "confirmed" }]);
});

it("a renewal that stays refused ends the connection with the token, as a matter of the login", async () => {
  await using bus = await startFakeServiceBus({ entities: [QUEUE] });
  const lane = await openBus(bus, { tokenLifeMs: 2000 });
  bus.faults.failCbs({ times: Number.POSITIVE_INFINITY });
  const error = await lane.connection.closed;
  expect(["auth", "permission"]).toContain(error?.kind);
});
