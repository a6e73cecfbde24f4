import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Endpoint, TransportOptions } from "@streamll/core";
import { built } from "@streamll/programs";
import { expect, it } from "vitest";
import { sasToken } from "../../src/azure/sas.js";
import { tokensOfCredential, tokensOfKey } from "../../src/azure/token.js";

const HOUR = 3_600_000;
const audience = "sb://ns.servicebus.windows.net/orders";
const endpoint: Endpoint = {
  scheme: "amqps",
  host: "ns.servicebus.windows.net",
  username: "Send",
  password: "a+b/c=",
  path: "/",
  query: {},
  label: "amqps://Send:***@ns.servicebus.windows.net/",
};
const options = {} as TransportOptions;
const { username: _, ...nameless } = endpoint;
const { password: __, ...keyless } = nameless;

it("a key signs a token of an hour, by itself as it is written", async () => {
  const before = Date.now();
  const token = await tokensOfKey(options, endpoint, HOUR)(audience);
  expect(token.expiresAt).toBeGreaterThan(before + HOUR - 1000);
  expect(token.expiresAt).toBeLessThanOrEqual(Date.now() + HOUR);
  expect(token).toMatchObject({
    type: "servicebus.windows.net:sastoken",
    value: sasToken({ name: "Send", key: "a+b/c=" }, audience, token.expiresAt!),
  });
});

it("a credentials function gives the key, and bounds what it signs", async () => {
  const expiresAt = new Date(Date.now() + 60_000);
  const credentials = async () => ({ username: "Rotated", password: "key", expiresAt });
  const token = await tokensOfKey({ ...options, credentials }, endpoint, HOUR)(audience);
  expect(token.expiresAt).toBe(Math.floor(expiresAt.getTime() / 1000) * 1000);
  expect(token.value).toMatch(/&skn=Rotated$/);
});

it("a ready SharedAccessSignature is used as it is, with its own end", async () => {
  const expiresAt = Math.floor(Date.now() / 1000) * 1000 + HOUR;
  const value = sasToken({ name: "Send", key: "k" }, audience, expiresAt);
  const tokens = tokensOfKey(options, { ...nameless, password: value }, HOUR);
  expect(await tokens(audience)).toEqual({ type: "servicebus.windows.net:sastoken", value, expiresAt });
});

it("one that has expired is refused before anything is sent", async () => {
  const value = sasToken({ name: "Send", key: "k" }, audience, 1_700_000_000_000);
  await expect(tokensOfKey(options, { ...nameless, password: value }, HOUR)(audience)).rejects.toMatchObject({
    kind: "auth",
    permanent: true,
    message: expect.stringContaining("the SharedAccessSignature expired at 2023-11-14T22:13:20.000Z"),
  });
});

it.each([
  ["no key at all", keyless, "there is no key"],
  ["a key without a name", nameless, "the key has no name"],
])("%s is an error that says what to give", async (_, given, message) => {
  await expect(tokensOfKey(options, given, HOUR)(audience)).rejects.toMatchObject({
    kind: "auth",
    permanent: true,
    message: expect.stringContaining(message),
  });
});

it("a credential is asked for the documented scope, and its token lives as long as it says", async () => {
  const asked: unknown[] = [];
  const expiresOnTimestamp = Date.now() + HOUR;
  const getToken = async (scopes: string | string[]) => {
    asked.push(scopes);
    return { token: "eyJ0", expiresOnTimestamp };
  };
  const token = await tokensOfCredential({ getToken }, endpoint)(audience);
  expect(asked).toEqual(["https://servicebus.azure.net/.default"]);
  expect(token).toEqual({ type: "jwt", value: "eyJ0", expiresAt: expiresOnTimestamp });
});

it("a credential that fails may succeed later; one that gives no token will not", async () => {
  const failing = async () => {
    throw new Error("IMDS unreachable");
  };
  await expect(tokensOfCredential({ getToken: failing }, endpoint)(audience)).rejects.toMatchObject({
    kind: "auth",
    permanent: false,
    message: expect.stringContaining("IMDS unreachable"),
  });
  const none = async () => null;
  await expect(tokensOfCredential({ getToken: none }, endpoint)(audience)).rejects.toMatchObject({
    permanent: true,
  });
});

it("without @azure/identity, the default credential says what to install", async () => {
  // In a folder of its own, from which no package is found.
  const program = built(new URL("programs/default-credential.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  expect(JSON.parse(stdout)).toMatchObject({
    code: "TRANSPORT_NOT_INSTALLED",
    message: expect.stringContaining("npm install @azure/identity"),
  });
});
