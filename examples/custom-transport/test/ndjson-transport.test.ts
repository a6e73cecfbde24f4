import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  outboundMessage,
  type PublishOutcome,
  silentLogger,
  type TransportConnection,
  type TransportOptions,
} from "@streamll/core";
import { cannot, type StoredMessage, testTransport } from "@streamll/transport-testkit";
import { afterAll, describe, expect, it } from "vitest";
import { LARGEST_BODY, ndjsonTransport } from "../src/ndjson-transport.js";

const folder = mkdtempSync(join(tmpdir(), "ndjson-transport-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, "events.ndjson");

testTransport({
  name: "ndjson",
  create: (options, endpoints) => ndjsonTransport.create(options, endpoints),
  endpoint: `ndjson://${file}`,
  unreachable: `ndjson://${folder}/no-such-folder/events.ndjson`,
  read: async () => readOn(),
  faults: {
    disconnect: cannot("a file has no peer that could hang up"),
    refuse: (message) => message.detach({ body: Buffer.alloc(LARGEST_BODY + 1) }),
    block: cannot("a file takes any write"),
    silence: cannot("a test cannot make a disk stop answering"),
    throttle: cannot("a full disk is tried below"),
  },
  alone: {
    module: new URL("../src/ndjson-transport.ts", import.meta.url),
    factory: "ndjsonTransport",
    execArgv: ["--import", "tsx"],
  },
});

describe("the ndjson transport", () => {
  it("starts a new line after half a line that a killed process left", async () => {
    const path = join(folder, "torn.ndjson");
    appendFileSync(path, '{"messageId":"half');
    const connection = await connectTo(path);
    expect(await publish(connection, 2)).toEqual(["confirmed", "confirmed"]);
    const [half, ...whole] = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(half).toBe('{"messageId":"half');
    expect(whole.map((line) => JSON.parse(line).messageId)).toEqual(["id-0", "id-1"]);
    await connection.close(new AbortController().signal);
  });

  it.runIf(process.platform === "linux")(
    "ends its connection when the disk is full, and settles nothing",
    async () => {
      const connection = await connectTo("/dev/full");
      const outcomes: PublishOutcome[] = [];
      connection.publish([message(0)], (_from, _to, outcome) => outcomes.push(outcome));
      expect(await connection.closed).toMatchObject({ code: "TRANSPORT_THROTTLED", permanent: false });
      expect(outcomes).toEqual([]);
    },
  );

  it.runIf(process.platform === "linux")(
    "takes back the part of a batch that did fit on the disk",
    async () => {
      const path = join(folder, "limited.ndjson");
      const connection = await connectTo(path);
      expect(await publish(connection, 1)).toEqual(["confirmed"]);
      const before = readFileSync(path, "utf8");
      // A limit on the size of files stands in for the disk: the write that crosses it is cut short.
      const limit = (bytes: string) =>
        execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
      const ignore = () => {};
      process.on("SIGXFSZ", ignore);
      limit("8192");
      try {
        connection.publish(
          Array.from({ length: 200 }, (_, index) => message(index)),
          () => expect.unreachable("nothing was stored and nothing is settled"),
        );
        expect(await connection.closed).toBeInstanceOf(Error);
      } finally {
        limit("unlimited");
        process.off("SIGXFSZ", ignore);
      }
      expect(readFileSync(path, "utf8")).toBe(before);
    },
  );
});

const stored: StoredMessage[] = [];

/** Reads on from where it was: the suite asks again and again. */
function readOn(): StoredMessage[] {
  const lines = readFileSync(file, { encoding: "utf8", flag: "a+" }).split("\n").slice(0, -1);
  for (const line of lines.slice(stored.length)) {
    const { body, base64, ...properties } = JSON.parse(line);
    const bytes = Buffer.from(body ?? base64, body === undefined ? "base64" : "utf8");
    stored.push({ ...properties, body: bytes });
  }
  return stored;
}

function connectTo(path: string): Promise<TransportConnection> {
  const endpoint = { scheme: "ndjson", host: "", path: path.slice(1), query: {}, label: `ndjson://${path}` };
  return ndjsonTransport
    .create(options, [endpoint])
    .connect(endpoint, { index: 0 }, new AbortController().signal);
}

function publish(connection: TransportConnection, count: number): Promise<PublishOutcome["kind"][]> {
  return new Promise((resolve) => {
    const kinds: PublishOutcome["kind"][] = [];
    connection.publish(
      Array.from({ length: count }, (_, index) => message(index)),
      (from, to, { kind }) => {
        for (let index = from; index < to; index++) kinds.push(kind);
        if (kinds.length === count) resolve(kinds);
      },
    );
  });
}

function message(index: number) {
  return outboundMessage({
    sequence: index + 1,
    routingKey: "streamll.start.answer",
    body: Buffer.from(JSON.stringify({ event_type: "start", index })),
    messageId: `id-${index}`,
    correlationId: "run",
    type: "start",
    timestamp: 0,
    headers: {},
  });
}

const options: TransportOptions = {
  confirms: true,
  message: {
    exchange: "",
    contentType: "application/json",
    appId: "test",
    persistent: true,
    mandatory: false,
  },
  topology: { mode: "none", exchanges: [], queues: [], bindings: [] },
  connectionTimeoutMs: 1000,
  heartbeatMs: 1000,
  connectionName: "test",
  own: {},
  logger: silentLogger,
};
