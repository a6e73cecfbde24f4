import { describe, expect, it } from "vitest";
import { parseEndpoint } from "../src/endpoint/parse-endpoint.js";
import { redactUrl } from "../src/endpoint/redact-url.js";
import { Refusal } from "../src/options/option.js";

describe("a URL that can be read", () => {
  it.each([
    ["amqp://localhost", { scheme: "amqp", host: "localhost", path: "/" }],
    ["amqp://localhost/", { host: "localhost", path: "/" }],
    ["AMQPS://Host:5671/%2f", { scheme: "amqps", host: "Host", port: 5671, path: "/" }],
    ["amqp://h/a%2fb", { path: "a/b" }],
    ["amqp://h/a%40b", { path: "a@b" }],
    ["amqp://h/prod?heartbeat=30", { path: "prod", query: { heartbeat: "30" } }],
    ["amqp://user:pass@h", { username: "user", password: "pass" }],
    ["amqp://user@h", { username: "user" }],
    ["amqp://u:p@ss@h", { password: "p@ss" }],
    ["amqp://jos%C3%A9:%F0%9F%90%B0%25@h", { username: "josé", password: "🐰%" }],
    ["amqp://[::1]:5673/v", { host: "::1", port: 5673, path: "v" }],
    ["memory:", { scheme: "memory", host: "", path: "" }],
    ["memory:orders", { scheme: "memory", host: "", path: "orders" }],
    ["ndjson:///tmp/out", { scheme: "ndjson", host: "", path: "tmp/out" }],
  ])("%s", (url, expected) => expect(parseEndpoint(url)).toMatchObject(expected));

  it("leaves a user, password and port out that are not there", () => {
    expect(Object.keys(parseEndpoint("amqp://h"))).toEqual(["scheme", "host", "path", "query", "label"]);
  });
});

describe("a URL that cannot be read", () => {
  it.each([
    ["localhost:5672", "no URL"],
    ["", "no URL"],
    ["//host", "no URL"],
    ["amqp://", "host is missing"],
    ["amqp:///vhost", "host is missing"],
    ["amqp://h:0", "port must be"],
    ["amqp://h:65536", "port must be"],
    ["amqp://h:http", "port must be"],
    ["amqp://::1/", "brackets"],
    ["amqp://u:secret%zz@h", "percent-encoding of the password"],
    ["amqp://u:%E9secret@h", "percent-encoding of the password"],
    ["amqp://h/%", "percent-encoding of the path"],
    ["amqp://u:sec/ret@h", "percent-encoded"],
    ["amqp://u:sec#ret@h", "percent-encoded"],
    ["amqp://u:sec?ret@h", "percent-encoded"],
    ["amqp://u:s@ec/ret@h", "percent-encoded"],
    ["amqp://u:s@ec?ret@h/", "percent-encoded"],
    ["amqp:u:secret@h:5672", "percent-encoded"],
  ])("%s", (url, message) => {
    const read = parseEndpoint(url);
    expect(read).toBeInstanceOf(Refusal);
    expect((read as Refusal).message).toContain(message);
    expect((read as Refusal).message).not.toMatch(/sec|ret\b/);
  });
});

describe("the label of a URL", () => {
  it.each([
    ["amqp://user:pass@h:5672/prod", "amqp://user:***@h:5672/prod"],
    ["amqp://:pass@h/", "amqp://:***@h/"],
    ["amqps://h?token=pass", "amqps://h/"],
    ["amqp://[::1]:1/a%2fb", "amqp://[::1]:1/a%2Fb"],
    ["memory:orders", "memory:orders"],
    ["amqp://u:pass%@h", "amqp:…"],
    ["pass@h", "the URL"],
  ])("%s is shown as %s", (url, label) => expect(redactUrl(url)).toBe(label));
});
