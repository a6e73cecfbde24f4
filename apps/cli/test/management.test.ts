import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TransportError } from "@streamll/core";
import { expect, it, onTestFinished } from "vitest";
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

it("asks for a password once for the requests of one look", async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    seen.push(headers.authorization);
    response.end("[]");
  });
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let asked = 0;
  const credentials = async () => ({ username: "anna", password: `pw${++asked}` });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const ask = managementOf(url, endpoint, withLogin(credentials));
  await Promise.all([ask("queues"), ask("connections")]);
  expect(await ask("overview")).toMatchObject({ kind: "answered", status: 200 });
  expect(seen).toEqual(Array.from({ length: 3 }, () => `Basic ${btoa("anna:pw1")}`));
});
