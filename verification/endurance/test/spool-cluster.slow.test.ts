import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, brokersForTests, freePort, openChannel, takeQueue, until } from "@streamll/brokers";
import { FaultProxy } from "@streamll/harness";
import { built } from "@streamll/programs";
import { expect, it } from "vitest";

const program = built(new URL("../src/spool/cluster-program.ts", import.meta.url));

/** Runs the cluster, which expects its broker at `port`. */
function startProgram(port: number, name: string, directory: string) {
  const child = spawn(process.execPath, [program, `amqp://127.0.0.1:${port}/`, name, directory], {
    stdio: "pipe",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const says = async (word: string) => {
    await until(() => output.includes(word) || child.exitCode !== null, `"${word}"`, 120_000);
    expect(output).toContain(word);
  };
  return { child, says };
}

/** How many messages are in a queue; none where it is not there yet. */
async function depth({ url }: Broker, queue: string): Promise<number> {
  await using channel = await openChannel(url);
  return await channel.checkQueue(queue).then(
    ({ messageCount }) => messageCount,
    () => 0,
  );
}

const [broker] = brokersForTests();
const EVENTS = 300;

it("each worker and thread of a cluster has a folder, and others deliver what a killed one left", async () => {
  const directory = mkdtempSync(join(tmpdir(), "spool-"));
  const port = await freePort();
  const name = `spool-cluster-${process.pid}`;
  const { child, says } = startProgram(port, name, directory);
  try {
    await says("ready");
    const folders = readdirSync(directory);
    expect(folders).toHaveLength(4);
    child.stdin.write("replace\n");
    await says("replaced");
    // The new worker and its thread take the folders of the killed ones, or make their own if both want the same one.
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(folders));
    await using _broker = await FaultProxy.to(broker!.url, { port });
    await until(async () => (await depth(broker!, name)) >= 6 * EVENTS, "all events", 120_000);
    await until(() => readdirSync(directory).length <= 4, "the end of folders that were left", 60_000);
    child.stdin.write("end\n");
    await until(() => child.exitCode !== null, "the end of the program", 60_000);
    expect(readdirSync(directory)).toEqual([]);
    const found = new Map<string, number[]>();
    for (const { content, properties } of await takeQueue(broker!, name)) {
      const { data } = JSON.parse(content.toString()) as { data: { n: number } };
      found.set(properties.correlationId, [...(found.get(properties.correlationId) ?? []), data.n]);
    }
    // Two workers, their threads, and those that replaced the killed ones.
    expect(found.size).toBe(6);
    for (const numbers of found.values())
      expect(numbers).toEqual(Array.from({ length: EVENTS }, (_, n) => n));
  } finally {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
});
