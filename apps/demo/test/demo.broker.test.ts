import { once } from "node:events";
import { brokersForTests, openConnection } from "@streamll/brokers";
import { describe, expect, it, vi } from "vitest";
import { startChild } from "./support/child.js";
import { run } from "./support/run.js";

describe.each(brokersForTests())("the demo on RabbitMQ $version", ({ url }) => {
  it("sends and reads every event, and leaves nothing behind", async () => {
    const { code, output, errors } = await run(["--url", url]);
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    expect(output).toMatch(/✓ (\d+) emitted, \1 confirmed by the broker, \1 read from the queue/);
    expect(output).toMatch(/└ \d+ tokens ".*poison event/);
    expect(await leftOf(url, nameIn(output))).toEqual([]);
  });

  it("leaves nothing behind when it is killed", async () => {
    const demo = startChild(["--url", url]);
    let output = "";
    for await (const chunk of demo.stdout!) {
      output += chunk;
      if (output.includes("1 Broker")) break;
    }
    const closed = once(demo, "close");
    demo.kill("SIGKILL");
    await closed;
    await vi.waitFor(async () => expect(await leftOf(url, nameIn(output))).toEqual([]), 10_000);
  });

  it("says in one line that the password is wrong", async () => {
    const wrong = Object.assign(new URL(url), { password: "hunter2" });
    const { code, errors } = await run(["--url", wrong.href]);
    expect(code).toBe(1);
    expect(errors).toEqual([expect.stringMatching(/^amqp:\/\/guest:\*\*\*@.*ACCESS.REFUSED.*$/)]);
  });
});

const nameIn = (output: string) => /streamll_demo_\w+/.exec(output)![0];

/** Which of exchange and queue are there. */
async function leftOf(url: string, name: string): Promise<string[]> {
  const connection = await openConnection(url);
  const left: string[] = [];
  for (const check of ["checkExchange", "checkQueue"] as const) {
    const channel = await connection.createChannel();
    channel.on("error", () => {}); // 404 closes it
    await channel[check](name).then(
      () => left.push(check),
      () => {},
    );
  }
  await connection.close();
  return left;
}
