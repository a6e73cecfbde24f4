import { randomUUID } from "node:crypto";
import { brokersForTests, openChannel } from "@streamll/brokers";
import { expect, it, onTestFinished, vi } from "vitest";
import { command } from "./support/shell.js";

const [broker] = brokersForTests().slice(-1);

it("tail shows each event of a compressed batch", async () => {
  const { url } = broker!;
  const exchange = `batch-${randomUUID()}`;
  const channel = await openChannel(url);
  await channel.assertExchange(exchange, "topic", { durable: true });
  onTestFinished(async () => {
    await channel.deleteExchange(exchange);
    await channel[Symbol.asyncDispose]();
  });
  const own = ["--url", url, "--exchange", exchange, "--no-queue", "--no-mandatory"];
  const tail = command(["tail", "--json", "-n", "3", "--url", url, "--exchange", exchange]);
  await vi.waitFor(() => expect(tail.stderr.text).toContain("tailing"), { timeout: 30_000 });
  const stdin = [1, 2, 3].map((n) => `{"event_type":"end","execution_id":"x","data":{"n":${n}}}\n`);
  const pipe = command(["pipe", ...own, "--message-format", "batch", "--compression-type", "gzip"], {
    stdin,
  });
  expect(await pipe.code).toBe(0);
  expect(await tail.code).toBe(0);
  const shown = tail.stdout.text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).data.n);
  expect(shown).toEqual([1, 2, 3]);
});
