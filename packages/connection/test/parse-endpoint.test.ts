import { Refusal } from "@streamll/core/options";
import { describe, expect, it } from "vitest";
import { parseEndpoint } from "../src/endpoint/parse-endpoint.js";
import { redactUrl } from "../src/endpoint/redact-url.js";

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
    ["amqp://[fe80::1%25eth0]:5673/", { host: "fe80::1%eth0", port: 5673 }],
    ["amqp://[fe80::1%eth0]/", { host: "fe80::1%eth0" }],
    ["amqp://[::ffff:10.0.0.1]/", { host: "::ffff:10.0.0.1" }],
    ["amqp://10.0.0.1:05672//", { host: "10.0.0.1", port: 5672, path: "/" }],
    ["amqp://rabbit_1.my-net./a%2Fb/c", { host: "rabbit_1.my-net.", path: "a/b/c" }],
    ["amqp://bücher.example/", { host: "bücher.example" }],
    ["amqp://h/my%20vhost%3A1", { path: "my vhost:1" }],
    [" amqp://h/ \n", { host: "h", path: "/" }],
    ["amqp://u:a,b@h/", { password: "a,b", host: "h" }],
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
    ["localhost:5672", "not a URL"],
    ["", "not a URL"],
    ["//host", "not a URL"],
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
    ["custom://u:s@ec/ret@h", "percent-encoded"],
    ["rabbitmq-stream:/u:sec@h/", "not a URL"],
    ["rabbitmq-stream:", "host is missing"],
    ["rabbitmq-stream+tls:///s", "host is missing"],
    ["sb://", "host is missing"],
    ["u:sec@h:5672", "not a URL"],
    ["memory:u:sec", "not a URL"],
    ["amqp://h1,h2/", "one URL has one host: write several URLs"],
    ["amqp://u:sec@h1:5672,h2:5672/", "one URL has one host: write several URLs"],
    ["amqp://u:sec@h1,u:sec@h2/", "one URL has one host: write several URLs"],
    ["amqp://h\0/", "control character"],
    ["amqp://h\n/", "control character"],
    ["amqp://h%00/", "the host cannot be read"],
    ["amqp://h%2Dx/", "the host cannot be read"],
    ["amqp://my host/", "the host cannot be read"],
    ["amqp://h*/", "the host cannot be read"],
    ["amqp://<host>/", "the host cannot be read"],
    ["amqp://h;x/", "the host cannot be read"],
    ["amqp://[::1/", "the host cannot be read"],
    ["amqp://::1]/", "the host cannot be read"],
    ["amqp://[]/", "not an IPv6 address"],
    ["amqp://[10.0.0.1]/", "not an IPv6 address"],
    ["amqp://[::zz]/", "not an IPv6 address"],
    ["amqp://[fe80::1%25]/", "not an IPv6 address"],
    ["amqp://[fe80::1%25a/b]/", "the host cannot be read"],
    [`amqp://${"h".repeat(300)}/`, "the host cannot be read"],
    ["amqp://h:-1", "port must be"],
    ["amqp://h:5672x", "port must be"],
    ["amqp://h:0x10", "port must be"],
    ["amqp://h: 5672", "port must be"],
    ["amqp://h:1e3", "port must be"],
    [`amqp://h:${"9".repeat(200)}`, "port must be"],
    ["amqp://u%zz:sec@h", "percent-encoding of the user name"],
    ["amqp://h/?heartbeat=%zz", "percent-encoding of the query"],
    ["amqp://h/a%0Ab", "the path contains a control character"],
    [`amqp://h/${"v".repeat(256)}`, "the virtual host is longer than 255 bytes"],
    [`amqp://u:${"sec".repeat(30_000)}@h/`, "longer than 65536 characters"],
  ])("%s", (url, message) => {
    const read = parseEndpoint(url);
    expect(read).toBeInstanceOf(Refusal);
    expect((read as Refusal).message).toContain(message);
    expect((read as Refusal).message).not.toMatch(/sec|ret\b/);
  });
});

it("a URL is read in a time that grows with its length alone, and so is whatever else may be one", () => {
  // Each would take minutes where a pattern tries every part of it anew.
  for (const piece of [
    "a",
    "1",
    ":",
    "/",
    "@",
    "%",
    "%25",
    ",",
    ";",
    "=",
    "[",
    ".",
    "-",
    " ",
    "a:",
    ":@",
    "endpoint=;",
    "é",
  ]) {
    const text = `${piece.repeat(1_000_000)}x`;
    for (const url of [
      text,
      `amqp://${text}`,
      `amqp://h/${text}`,
      `Endpoint=sb://h/;${text}`,
      `u:${text}@h`,
    ]) {
      expect(redactUrl(url).length).toBeLessThan(200);
      expect(parseEndpoint(url)).toBeInstanceOf(Refusal);
    }
  }
}, 120_000);

describe("the label of a URL", () => {
  it.each([
    ["amqp://user:pass@h:5672/prod", "amqp://user:***@h:5672/prod"],
    ["amqp://:pass@h/", "amqp://:***@h/"],
    ["amqps://h?token=pass", "amqps://h/"],
    ["amqp://[::1]:1/a%2fb", "amqp://[::1]:1/a%2Fb"],
    ["memory:orders", "memory:orders"],
    ["amqp://[fe80::1%25eth0]/", "amqp://[fe80::1%25eth0]/"],
    ["amqp://u%3Apass@h/", "amqp://u:***@h/"],
    ["rabbitmq-stream://h/a%2520b/c", "rabbitmq-stream://h/a%2520b/c"],
    ["custom:/u:pass@h/", "custom:…"],
    ["custom:u:pass", "custom:…"],
    ["u:pass", "u:…"],
    ["amqp://u:pass%@h", "amqp:…"],
    ["pass@h", "the URL"],
  ])("%s is shown as %s", (url, label) => expect(redactUrl(url)).toBe(label));
});
