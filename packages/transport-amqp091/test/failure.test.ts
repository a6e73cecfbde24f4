import { TransportError } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { failure, refusedBy, type Stage } from "../src/failure.js";

const label = "amqp://app:***@rabbit:5672/prod";
const closed = (code: number, text: string) =>
  new Error(`Connection closed: ${code} (NAME) with message "${text}"`);
const socket = (code: string, text = code) => Object.assign(new Error(text), { code });

const cases: [what: string, error: Error, stage: Stage, kind: string, permanent: boolean][] = [
  ["a refused login", closed(403, "ACCESS_REFUSED - Login was refused using PLAIN"), "connect", "auth", true],
  [
    "a right that is missing",
    closed(403, "ACCESS_REFUSED - access to exchange 'x'"),
    "declare",
    "permission",
    true,
  ],
  [
    "a missing exchange at the start",
    closed(404, "NOT_FOUND - no exchange 'x'"),
    "declare",
    "not-found",
    true,
  ],
  [
    "a queue whose node is down",
    closed(404, "NOT_FOUND - home node 'rabbit@b' of durable queue 'q' in vhost '/' is down or inaccessible"),
    "declare",
    "unreachable",
    false,
  ],
  ["an exchange that went away", closed(404, "NOT_FOUND - no exchange 'x'"), "use", "not-found", false],
  [
    "a queue to consume from that is not there",
    closed(404, "NOT_FOUND - no queue 'q'"),
    "consume",
    "not-found",
    true,
  ],
  [
    "a queue that may not be read",
    closed(403, "ACCESS_REFUSED - read access to queue 'q' in vhost '/' refused for user 'app'"),
    "consume",
    "permission",
    true,
  ],
  [
    "a queue that another consumer has for itself",
    closed(403, "ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use"),
    "consume",
    "permission",
    false,
  ],
  [
    "a message that was not settled in time",
    closed(
      406,
      "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 1",
    ),
    "consume",
    "cancelled",
    false,
  ],
  [
    "a limit of channels",
    closed(
      530,
      "NOT_ALLOWED - number of channels opened for user 'app' has reached the maximum allowed user limit of (1)",
    ),
    "connect",
    "throttled",
    false,
  ],
  ["a queue held by another", closed(405, "RESOURCE_LOCKED"), "declare", "permission", false],
  [
    "other arguments",
    closed(406, "PRECONDITION_FAILED - inequivalent arg"),
    "declare",
    "topology-conflict",
    true,
  ],
  [
    "arguments that LavinMQ finds others",
    closed(406, "PRECONDITION_FAILED - Existing queue 'x' declared with other arguments"),
    "declare",
    "topology-conflict",
    true,
  ],
  [
    "arguments that no queue can have",
    closed(406, "PRECONDITION_FAILED - invalid arg 'x-max-length' for queue 'x': {value_negative,-5}"),
    "declare",
    "protocol",
    true,
  ],
  [
    "arguments that cannot be encoded",
    new TypeError("Unknown type to encode: function"),
    "declare",
    "protocol",
    true,
  ],
  ["arguments over 64 KiB", new RangeError("Encoded field table exceeds …"), "declare", "protocol", true],
  ["a fault of the client's in use", new TypeError("?"), "use", "protocol", false],
  [
    "a type of exchange that RabbitMQ 4 does not know",
    closed(406, "PRECONDITION_FAILED - unknown exchange type 'x'"),
    "declare",
    "protocol",
    true,
  ],
  [
    "a type of exchange that RabbitMQ 3 does not know",
    closed(503, "COMMAND_INVALID - unknown exchange type 'x'"),
    "connect",
    "protocol",
    true,
  ],
  [
    "a name that is the broker's own",
    closed(403, "ACCESS_REFUSED - queue name 'amq_x' contains reserved prefix 'amq_*'"),
    "declare",
    "permission",
    true,
  ],
  ["a bad message", closed(406, "PRECONDITION_FAILED - invalid message"), "use", "protocol", false],
  [
    "a message over the limit",
    closed(406, "PRECONDITION_FAILED - message size 9 is larger"),
    "use",
    "too-large",
    true,
  ],
  [
    "a shutdown",
    closed(320, "CONNECTION_FORCED - broker forced connection closure"),
    "use",
    "unreachable",
    false,
  ],
  [
    "a new secret refused",
    closed(530, "NOT_ALLOWED - New secret was refused by one of the backends"),
    "use",
    "auth",
    false,
  ],
  [
    "an unknown virtual host",
    closed(530, "NOT_ALLOWED - vhost nope not found"),
    "connect",
    "not-found",
    true,
  ],
  [
    "a virtual host that is down",
    closed(530, "NOT_ALLOWED - vhost 'x' is down"),
    "connect",
    "unreachable",
    false,
  ],
  [
    "a limit of connections",
    closed(530, "NOT_ALLOWED - connection limit (5) is reached"),
    "connect",
    "throttled",
    false,
  ],
  ["an internal error", closed(541, "INTERNAL_ERROR"), "use", "protocol", false],
  ["a frame error", closed(501, "FRAME_ERROR"), "use", "protocol", false],
  ["nothing listening", socket("ECONNREFUSED"), "connect", "unreachable", false],
  ["a name that does not resolve", socket("ENOTFOUND"), "connect", "unreachable", false],
  ["a resolver that is down", socket("EAI_AGAIN"), "connect", "unreachable", false],
  ["no route", socket("EHOSTUNREACH"), "connect", "unreachable", false],
  ["a reset", socket("ECONNRESET", "read ECONNRESET"), "use", "unreachable", false],
  ["a silent network", socket("ETIMEDOUT"), "connect", "timeout", false],
  ["missed heartbeats", new Error("Heartbeat timeout"), "use", "timeout", false],
  ["an untrusted certificate", socket("SELF_SIGNED_CERT_IN_CHAIN"), "connect", "tls", true],
  ["an expired certificate", socket("CERT_HAS_EXPIRED"), "connect", "tls", true],
  ["another name's certificate", socket("ERR_TLS_CERT_ALTNAME_INVALID"), "connect", "tls", true],
  [
    "a client certificate asked for",
    socket("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    "connect",
    "tls",
    true,
  ],
  ["TLS to a plain port", socket("ERR_SSL_WRONG_VERSION_NUMBER"), "connect", "tls", true],
  [
    "a broker without PLAIN",
    new Error("SASL mechanism PLAIN is not provided by the server"),
    "connect",
    "auth",
    true,
  ],
  [
    "a broker without EXTERNAL",
    new Error("SASL mechanism EXTERNAL is not provided by the server"),
    "connect",
    "auth",
    true,
  ],
  ["anything else", new Error("?"), "use", "protocol", false],
];

describe("a failure", () => {
  it.each(cases)("is classified: %s", (_, error, stage, kind, permanent) => {
    const classified = failure(error, stage, label);
    expect(classified).toMatchObject({ kind, permanent, cause: error });
    expect(classified.message.startsWith(`${label}: `)).toBe(true);
    // Ends in what to do.
    expect(classified.message).toMatch(/\. [A-Z][^.]*(\.[a-z][^.]*)*$/);
  });

  it("of every address of a host tells each reason once", () => {
    const all = new AggregateError(
      [
        socket("ECONNREFUSED", "connect ECONNREFUSED ::1:5672"),
        socket("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:5672"),
      ],
      "",
    );
    const error = failure(Object.assign(all, { code: "ECONNREFUSED" }), "connect", label);
    expect(error.message).toContain("::1:5672; connect ECONNREFUSED 127.0.0.1:5672");
    expect(error.kind).toBe("unreachable");
  });

  it("that is classified already stays as it is", () => {
    const error = new TransportError("auth", "said");
    expect(failure(error, "use", label)).toBe(error);
  });
});

describe("what a broker quotes of an event", () => {
  const topic = "orders.alice@example.com' in exchange 'x";
  const texts = [
    `ACCESS_REFUSED - access to topic '${topic}' in exchange 'orders' in vhost '/' refused for user 'app'`,
    `ACCESS_REFUSED - write access to topic '${topic}' in exch...`,
    `ACCESS_REFUSED - access to topic '${topic}...`,
    `FRAME_ERROR - type 3, first 16 octets = <<"${topic}">>: {frame_too_large,1,2}`,
    `FRAME_ERROR - type 3, all octets = <<"${topic}...`,
  ];

  it.each(texts)("stays out of the message, and in the cause: %s", (text) => {
    const error = failure(closed(403, text), "use", label);
    expect(error.message).not.toMatch(/alice|exchange 'x/);
    expect(error.message).toContain("…");
    expect(String((error.cause as Error).message)).toContain("alice");
  });

  it("leaves the exchange and the user to read", () => {
    expect(failure(closed(403, texts[0]!), "use", label).message).toContain(
      "access to topic '…' in exchange 'orders' in vhost '/' refused for user 'app'",
    );
  });
});

describe("a refusal that names a message", () => {
  const refused = (text: string) => refusedBy(closed(403, `ACCESS_REFUSED - ${text}`), "orders");

  it("names it by topic and exchange, whatever quotes are in the topic", () => {
    const names = refused("access to topic 'it's' in exchange 'orders' in vhost '/' refused")!;
    expect(names("orders", "it's")).toBe(true);
    expect(names("orders", "it")).toBe(false);
    expect(names("other", "it's")).toBe(false);
  });

  it.each([
    ["in the topic", "access to topic 'orders.größ..."],
    ["inside a character", "access to topic 'orders.gr\ufffd..."],
    ["after the topic", "access to topic 'orders.größe' in ex..."],
    ["in the exchange", "access to topic 'orders.größe' in exchange 'ord..."],
  ])("may be cut %s", (_, text) => {
    expect(refused(text)?.("orders", "orders.größe")).toBe(true);
    expect(refused(text)?.("orders", "orders.small")).toBe(false);
  });

  it("names no message where it is about the exchange of all", () => {
    expect(refused("access to exchange 'orders' in vhost '/' refused")).toBeUndefined();
    expect(refused("access to exchange 'or...")).toBeUndefined();
    expect(refused("access to exchange 'dead' in vhost '/' refused")?.("dead", "any")).toBe(true);
    expect(refusedBy(new Error("Heartbeat timeout"), "orders")).toBeUndefined();
  });
});
