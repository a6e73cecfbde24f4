import { once } from "node:events";
import { brokersForTests } from "@streamll/brokers";
import { connect } from "amqplib";
import { describe, expect, it, vi } from "vitest";
import { runDemo, startDemo } from "./support/child.js";

describe.each(brokersForTests())("the demo on RabbitMQ $version", ({ url }) => {
  it("sends and reads every event, and leaves nothing behind", async () => {
    const { code, stdout, stderr } = await runDemo(["--url", url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/✓ (\d+) emitted, \1 confirmed by the broker, \1 read from the queue/);
    expect(stdout).toMatch(/└ \d+ tokens "One poison event/);
    expect(await leftOf(url, nameIn(stdout))).toEqual([]);
  });

  it("leaves nothing behind when it is killed", async () => {
    const demo = startDemo(["--url", url]);
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
    const { code, stderr } = await runDemo(["--url", wrong.href]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^amqp:\/\/guest:\*\*\*@.*ACCESS.REFUSED.*\n$/);
  });
});

const nameIn = (output: string) => /streamll_demo_\w+/.exec(output)![0];

/** Which of exchange and queue are there. */
async function leftOf(url: string, name: string): Promise<string[]> {
  const connection = await connect(url);
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
