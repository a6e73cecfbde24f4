import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TransportError } from "@streamll/core";
import { expect, it, onTestFinished, vi } from "vitest";
import { managementOf } from "../src/broker/management.js";

const endpoint = { scheme: "amqp", host: "127.0.0.1", path: "/", query: {}, label: "amqp://127.0.0.1/" };
const withLogin = (credentials: () => object) =>
  ({ credentials }) as unknown as Parameters<typeof managementOf>[2];

it("says what is wrong with the password, and not that nobody answers", async () => {
  const credentials = () => {
    throw new TransportError("auth", "the vault is sealed");
  };
  const ask = managementOf(new URL("http://127.0.0.1:1"), endpoint, withLogin(credentials));
  expect(await ask("overview")).toEqual({ kind: "unknown", why: "the vault is sealed" });
});

/** Anna's passwords are `pw1`, `pw2` and so on, each of which lives so long. */
async function scene(expiresIn?: number) {
  const seen: string[] = [];
  const refused = new Set<string>();
  const server = createServer(({ headers }, response) => {
    const password = atob(headers.authorization!.replace("Basic ", "")).replace("anna:", "");
    seen.push(password);
    if (refused.has(password)) response.statusCode = 401;
    response.end("[]");
  });
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let asked = 0;
  const credentials = async () => ({
    username: "anna",
    password: `pw${++asked}`,
    ...(expiresIn !== undefined && { expiresAt: new Date(Date.now() + expiresIn) }),
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { ask: managementOf(url, endpoint, withLogin(credentials)), seen, refused };
}

it("asks for a password once, and again when that works no longer", async () => {
  const { ask, seen, refused } = await scene();
  await Promise.all([ask("queues"), ask("connections")]);
  vi.useFakeTimers({ toFake: ["Date", "performance"], now: Date.now() + 3_600_000 });
  onTestFinished(() => void vi.useRealTimers());
  expect(await ask("overview")).toMatchObject({ kind: "answered", status: 200 });
  expect(seen).toEqual(["pw1", "pw1", "pw1"]);
  refused.add("pw1");
  expect(await ask("overview")).toMatchObject({ kind: "answered", status: 200 });
  expect(seen.slice(3)).toEqual(["pw1", "pw2"]);
});

it("asks for a new password before the old one expires", async () => {
  const { ask, seen } = await scene(600_000);
  await ask("overview");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 500_000 });
  onTestFinished(() => void vi.useRealTimers());
  await ask("overview");
  vi.setSystemTime(Date.now() + 50_000);
  await ask("overview");
  expect(seen).toEqual(["pw1", "pw1", "pw2"]);
});

it("does not ask again for a user who was never let in", async () => {
  const { ask, seen, refused } = await scene();
  refused.add("pw1");
  for (const path of ["queues", "overview"])
    expect(await ask(path)).toMatchObject({ kind: "unknown", why: expect.stringContaining("monitoring") });
  expect(seen).toEqual(["pw1", "pw1"]);
});
