import { randomUUID } from "node:crypto";
import { brokersForTests } from "@streamll/brokers";
import { expect, it, onTestFinished } from "vitest";
import { command } from "../support/shell.js";
import { event, idsIn } from "../support/steps.js";

it.each(
  brokersForTests()
    .filter(({ owned }) => owned)
    .slice(-1),
)("consume takes a stream, and goes on where it was, on RabbitMQ $version", async (broker) => {
  const stream = `consume-${randomUUID()}`;
  onTestFinished(async () => {
    await broker.manage("DELETE", `queues/%2F/${stream}`);
  });
  const own = ["--url", `rabbitmq-stream://127.0.0.1:${broker.streamPort}/`, "--stream", stream];
  const pipe = command(["pipe", ...own], { stdin: [1, 2, 3].map(event) });
  expect([await pipe.code, pipe.stderr.text]).toEqual([0, expect.any(String)]);
  const consumed = async (...args: string[]) => {
    const { code, stdout, stderr } = command([
      ...["consume", ...own, "--consumer-name", "archive", "--from", "first"],
      ...args,
    ]);
    expect([await code, stderr.text]).toEqual([0, expect.stringContaining("acknowledged")]);
    return idsIn(stdout.text);
  };
  expect(await consumed("--limit", "2")).toEqual(["id-1", "id-2"]);
  expect(await consumed("--limit", "1")).toEqual(["id-3"]);
});
