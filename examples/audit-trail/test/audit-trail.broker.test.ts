import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Broker, brokersForTests, openChannel } from "@streamll/brokers";
import type { GetMessage } from "amqplib";
import { describe, expect, it, vi } from "vitest";
import { audited, auditSink } from "../src/audit-trail.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** A virtual host of its own, as in the guide, and what is in the trail there. */
async function trail(broker: Broker) {
  const vhost = `audit-${randomUUID()}`;
  await broker.manage("PUT", `vhosts/${vhost}`);
  const all = { configure: ".*", write: ".*", read: ".*" };
  await broker.manage("PUT", `permissions/${vhost}/guest`, all);
  const url = Object.assign(new URL(broker.url), { pathname: `/${vhost}` }).href;
  return {
    url,
    async stored() {
      await using channel = await openChannel(url);
      const messages: GetMessage[] = [];
      for (;;) {
        const message = await channel.get("streamll_events", { noAck: true });
        if (message === false) break;
        messages.push(message);
      }
      return messages.map(({ content, properties }) => ({
        ...(JSON.parse(content.toString()) as { operation: string; tags: object; data: object }),
        persistent: properties.deliveryMode === 2,
      }));
    },
    [Symbol.asyncDispose]: async () => void (await broker.manage("DELETE", `vhosts/${vhost}`)),
  };
}

describe.each(brokersForTests())("on RabbitMQ $version", (broker) => {
  it("the program leaves three persistent entries in the trail, in order", async () => {
    await using audit = await trail(broker);
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", main, audit.url],
      { cwd: root },
    );
    expect(stdout.split("\n")).toEqual([
      "anna may approve order-17: stored at try 1",
      "ben may ship order-17: stored at try 1",
      "anna may refund order-12: stored at try 1",
      "3 actions in the trail, 0 missing",
      "",
    ]);
    // A busy machine may take more than a second to connect, which the program then says.
    expect(stderr).toMatch(/^(TRANSPORT_UNREACHABLE(: not connected yet, .*| is over)\n)*$/);
    expect(await audit.stored()).toMatchObject([
      { operation: "approve", tags: { actor: "anna" }, data: { subject: "order-17" }, persistent: true },
      { operation: "ship", tags: { actor: "ben" }, data: { subject: "order-17" }, persistent: true },
      { operation: "refund", tags: { actor: "anna" }, data: { subject: "order-12" }, persistent: true },
    ]);
  });

  it("an action waits for a broker that hangs, and is recorded once", { skip: !broker.owned }, async () => {
    await using audit = await trail(broker);
    const sink = auditSink(audit.url);
    const problems: string[] = [];
    sink.on("problem", ({ message }) => problems.push(message));
    await sink.start();
    let done = false;
    await broker.pause();
    const acting = audited(sink, { actor: "anna", verb: "approve", subject: "order-1" }, () => {
      done = true;
    });
    try {
      await vi.waitFor(() => expect(problems.join()).toMatch(/no answer for \d/), 45_000);
      expect(done).toBe(false);
    } finally {
      await broker.resume();
    }
    await acting;
    expect(done).toBe(true);
    expect(await sink.stop()).toMatchObject({ sent: 1, failed: 0, dropped: 0 });
    expect(await audit.stored()).toHaveLength(1);
  });
});

it("the options are those of the guide's recipe, and no other", () => {
  const { options } = auditSink("amqp://user:pass@rabbitmq:5672/audit").explain();
  const set = Object.entries(options).filter(([, { from }]) => from === "option");
  expect(Object.fromEntries(set.map(([name, { value }]) => [name, value]))).toEqual({
    amqpUrl: ["amqp://user:***@rabbitmq:5672/audit"],
    batchSize: 1,
    confirmTimeout: "60s",
    publisherConfirms: true,
    durable: true,
    connectionPoolSize: 1,
  });
});
