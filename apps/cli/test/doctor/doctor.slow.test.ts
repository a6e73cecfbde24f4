import { networkInterfaces } from "node:os";
import { freePort, startBroker } from "@streamll/brokers";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { examined } from "./examined.js";

/** An address of this machine that is not loopback. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === "IPv4" && !one.internal)?.address;

describe("streamll doctor on a broker of its own", () => {
  it("tells that guest comes from elsewhere, where the machine has another address", {
    skip: outside === undefined,
  }, async () => {
    const port = await freePort();
    const broker = await startBroker({
      config: { "loopback_users.guest": true, "listeners.tcp.2": `${outside}:${port}` },
    });
    onTestFinished(() => broker.close());
    const { found, code } = await examined(`amqp://guest:guest@${outside}:${port}/`);
    expect(found("guest-elsewhere")).toMatchObject({ status: "failed", code: "TRANSPORT_AUTH" });
    expect(found("guest-elsewhere")?.remedy?.commands[0]).toBe("rabbitmqctl add_user streamll");
    expect(code).toBe(1);
  });

  it("tells an alarm, by the management API and by the probe", async () => {
    const broker = await startBroker();
    onTestFinished(() => broker.close());
    await broker.ctl("set_disk_free_limit", "1000000GB");
    const look = async () => {
      const result = await examined(broker.url, "--management-url", broker.managementUrl);
      expect(result.found("alarm")?.status).toBe("failed");
      return result;
    };
    const { found } = await vi.waitFor(look, { timeout: 60_000, interval: 500 });
    expect(found("alarm")).toMatchObject({ id: "node", code: "TRANSPORT_BLOCKED" });
    expect(found("alarm")?.detail).toContain("disk space alarm on rabbit@localhost");
    const closed = `http://127.0.0.1:${await freePort()}`;
    const probed = await examined(broker.url, "--management-url", closed, "--probe");
    expect(probed.found("alarm")).toMatchObject({ id: "probe", code: "TRANSPORT_BLOCKED" });
  });
});
