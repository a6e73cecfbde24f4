import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brokersForTests } from "@streamll/brokers";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

const alert = (model: string) => `ALERT RAG in billing: NO_PRICE, there is no price for the model (${model})`;

describe.each(brokersForTests())("on RabbitMQ $version", (broker) => {
  it("the program alerts, bills what it replays, and keeps what fails again", async ({ skip }) => {
    if (!broker.owned) skip("it makes a virtual host of its own");
    const vhost = `failed-${randomUUID()}`;
    await broker.manage("PUT", `vhosts/${vhost}`);
    await broker.manage("PUT", `permissions/${vhost}/guest`, { configure: ".*", write: ".*", read: ".*" });
    const url = Object.assign(new URL(broker.url), { pathname: `/${vhost}` }).href;
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", main, url], {
      cwd: root,
    });
    expect(stdout.trimEnd().split("\n").sort()).toEqual(
      [
        alert("a-lost-model"),
        alert("a-lost-model"),
        alert("a-new-model"),
        "billed a-new-model: 3",
        "kept: RAG NO_PRICE, replayed 1 times",
        "purged 1",
      ].sort(),
    );
    await broker.manage("DELETE", `vhosts/${vhost}`);
  });
});
