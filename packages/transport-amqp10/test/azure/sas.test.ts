import { expect, it } from "vitest";
import { isSasToken, sasExpiry, sasToken } from "../../src/azure/sas.js";

const key = { name: "RootManageSharedAccessKey", key: "c2VjcmV0IGtleSB3aXRoICsgYW5kIC8=" };

it("a token is what Microsoft's client makes of the same key, audience and time", () => {
  // Written by @azure/core-amqp 4.4.2, createSasTokenProvider, with Date.now() at 1,700,000,000,000.
  expect(sasToken(key, "sb://ns.servicebus.windows.net/orders", 1_700_003_600_000)).toBe(
    "SharedAccessSignature sr=sb%3A%2F%2Fns.servicebus.windows.net%2Forders&sig=wAW%2BCmSy4hExD0xYObKxM7oRlliCXe%2BgPd3xuwLHY4M%3D&se=1700003600&skn=RootManageSharedAccessKey",
  );
});

it("what lies between two seconds is cut, so that a token never says more than was meant", () => {
  expect(sasToken(key, "sb://ns/q", 1_999)).toBe(sasToken(key, "sb://ns/q", 1_000));
});

it("names and audiences are percent-encoded, the key is taken verbatim", () => {
  const token = sasToken({ name: "send only", key: "a+/=" }, "sb://ns/a b", 0);
  expect(token).toContain("sr=sb%3A%2F%2Fns%2Fa%20b&");
  expect(token).toMatch(/&se=0&skn=send%20only$/);
  expect(token).not.toBe(sasToken({ name: "send only", key: "a /=" }, "sb://ns/a b", 0));
});

it("a token tells when it expires", () => {
  const token = sasToken(key, "sb://ns/q", 1_700_003_600_000);
  expect(isSasToken(token)).toBe(true);
  expect(sasExpiry(token)).toBe(1_700_003_600_000);
  expect(sasExpiry("SharedAccessSignature sr=x&sig=y")).toBeUndefined();
  expect(isSasToken("c2VjcmV0")).toBe(false);
});
