import { dialAddressOf, virtualHostOf } from "@streamll/transport-kit";
import { expect, it } from "vitest";

const ports = { plain: 5672, tls: 5671 };
const options = { connectionTimeoutMs: 1000 };
const at = (endpoint: object, own = {}) =>
  dialAddressOf({ scheme: "amqp", host: "rabbit", ...endpoint }, { ...options, ...own }, ports, "amqps");

it("an endpoint without a port is at its protocol's, plain or encrypted", () => {
  expect(at({})).toEqual({ host: "rabbit", port: 5672, timeoutMs: 1000 });
  expect(at({ scheme: "amqps" })).toMatchObject({ port: 5671, tls: { rejectUnauthorized: true } });
  expect(at({}, { tls: {} })).toMatchObject({ port: 5671, tls: { minVersion: "TLSv1.2" } });
  expect(at({ scheme: "amqps", port: 1 }).port).toBe(1);
});

it("an IPv6 address is dialled without its brackets", () => {
  expect(at({ host: "[::1]" }).host).toBe("::1");
});

it("a URL without a path names the virtual host /", () => {
  expect(virtualHostOf({ path: "" })).toBe("/");
  expect(virtualHostOf({ path: "prod" })).toBe("prod");
});
