import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect as connectTo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, brokersForTests, freePort, openConnection } from "@streamll/brokers";
import type { Channel, ChannelModel } from "amqplib";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { planOf } from "../../src/broker/plan.js";
import { readArguments } from "../../src/command/arguments.js";
import { flagsOf } from "../../src/command/sink-flags.js";
import { examine } from "../../src/doctor/examine.js";
import { examined } from "./examined.js";

const [broker] = brokersForTests().slice(-1);

describe(`streamll doctor on RabbitMQ ${broker!.version}`, () => {
  const { url, managementUrl } = broker!;
  const manage = (...request: Parameters<Broker["manage"]>) => broker!.manage(...request);
  const managed = ["--management-url", managementUrl];
  let model: ChannelModel;
  let channel: Channel;
  let exchange: string;
  const secret = "hunter2-secret";

  beforeAll(async () => {
    model = await openConnection(url);
    channel = await model.createChannel();
  });
  afterAll(() => model.close());
  beforeEach(() => {
    exchange = `doctor-${randomUUID()}`;
  });

  const at = (changes: { username?: string; password?: string; path?: string }) => {
    const target = new URL(url);
    target.username = changes.username ?? target.username;
    target.password = changes.password ?? target.password;
    target.pathname = changes.path ?? target.pathname;
    return target.href;
  };
  /** The exchange and the queue that the sink makes by itself, with these arguments. */
  async function declared(queueArguments: Record<string, unknown> = {}, pattern = "streamll.*.*") {
    await channel.assertExchange(exchange, "topic", { durable: true });
    await channel.assertQueue(exchange, { durable: true, arguments: queueArguments });
    if (pattern !== "") await channel.bindQueue(exchange, exchange, pattern);
    onTestFinished(async () => {
      await channel.deleteQueue(exchange);
      await channel.deleteExchange(exchange);
    });
  }
  /** A user with these limits, who may do everything. */
  async function user(limits: Record<string, number> = {}, permissions: object | null = all) {
    const name = `doctor-${randomUUID()}`;
    await manage("PUT", `users/${name}`, { password: secret, tags: "" });
    if (permissions !== null) await manage("PUT", `permissions/%2F/${name}`, permissions);
    for (const [limit, value] of Object.entries(limits))
      await manage("PUT", `user-limits/${name}/${limit}`, { value });
    onTestFinished(async () => void (await manage("DELETE", `users/${name}`)));
    return at({ username: name, password: secret });
  }
  const all = { configure: ".*", write: ".*", read: ".*" };

  it("the doctor finds nothing failed where all is well, on both protocols of AMQP", async () => {
    await declared();
    await channel.consume(exchange, () => {}, { consumerTag: exchange });
    onTestFinished(async () => void (await channel.cancel(exchange)));
    for (const version of ["0-9-1", "1.0"]) {
      const { code, checks } = await examined(
        url,
        ...managed,
        "--exchange",
        exchange,
        "--amqp-version",
        version,
      );
      expect(checks.filter(({ status }) => status !== "ok")).toEqual([]);
      expect(checks.map(({ id }) => id)).toEqual(
        expect.arrayContaining(["login", "limits", "readers", "node"]),
      );
      expect(code).toBe(0);
    }
  });

  it("the doctor tells a wrong password, and never shows it", async () => {
    const { code, found, all } = await examined(at({ password: secret }));
    expect(found("login")).toMatchObject({ status: "failed", code: "TRANSPORT_AUTH" });
    expect(code).toBe(1);
    expect(all).not.toContain(secret);
  });

  it("the doctor tells which virtual host the URL means", async () => {
    await manage("PUT", `vhosts/${exchange}`);
    onTestFinished(async () => void (await manage("DELETE", `vhosts/${exchange}`)));
    const user = new URL(url).username;
    await manage("PUT", `permissions/${exchange}/${user}`, all);
    const { found } = await examined(at({ path: `//${exchange}` }));
    expect(found("virtual-host")).toMatchObject({ status: "failed", code: "TRANSPORT_NOT_FOUND" });
    expect(found("virtual-host")?.remedy?.text).toContain(`write it as the path /${exchange}`);
    const none = await examined(at({ path: "/none-of-ours" }));
    expect(none.found("virtual-host")?.remedy?.text).toContain('There is "/": write it as no path');
  });

  it("the doctor tells a right that is missing, on the virtual host and on the exchange", async () => {
    await declared();
    const outside = await examined(await user({}, null));
    expect(outside.found("permission")).toMatchObject({ status: "failed", code: "TRANSPORT_PERMISSION" });
    const reader = await user({}, { configure: "", write: ".*", read: ".*" });
    const inside = await examined(reader, "--exchange", exchange);
    expect(inside.found("permission")?.detail).toMatch(/configure access/);
    expect(inside.found("permission")?.remedy?.commands[0]).toMatch(
      /^rabbitmqctl set_permissions --vhost \/ doctor-/,
    );
    expect(inside.all).not.toContain(secret);
  });

  it("the doctor tells an exchange that is missing, and what a sink would make", async () => {
    const passive = await examined(url, "--exchange", exchange, "--declare-topology", "passive");
    expect(passive.found("missing")).toMatchObject({ status: "failed", code: "TRANSPORT_NOT_FOUND" });
    const declaring = await examined(url, "--exchange", exchange);
    expect(declaring.found("missing")?.status).toBe("warning");
    await expect(
      model.createChannel().then((one) => one.on("error", () => {}).checkExchange(exchange)),
    ).rejects.toThrow(/404/);
  });

  it("the doctor tells keys that find no queue: by the bindings, and without the management API by the probe", async () => {
    await declared({}, "streamll.error.*");
    const own = ["--exchange", exchange, "--no-queue"];
    const { code, found } = await examined(url, ...managed, ...own);
    expect(found("no-binding")).toMatchObject({ status: "failed", code: "UNROUTABLE" });
    expect(found("no-binding")?.detail).toContain("streamll.end.answer");
    expect(found("no-binding")?.detail).not.toContain("streamll.error.answer");
    expect(code).toBe(1);
    const closed = ["--management-url", `http://127.0.0.1:${await freePort()}`];
    const blind = await examined(url, ...closed, ...own);
    expect(blind.wrong).not.toContain("failed no-binding");
    expect(blind.checks.find(({ id, status }) => id === "routing" && status === "unknown")?.detail).toContain(
      "ECONNREFUSED",
    );
    const probed = await examined(url, ...closed, ...own, "--probe");
    expect(probed.checks.at(-1)).toMatchObject({ id: "probe", reason: "no-binding", code: "UNROUTABLE" });
    expect((await channel.checkQueue(exchange)).messageCount).toBe(0);
  });

  it("the doctor's probe arrives, marked and expiring", async () => {
    await declared();
    const { checks } = await examined(url, ...managed, "--exchange", exchange, "--probe");
    expect(checks.at(-1)).toMatchObject({ id: "probe", status: "ok" });
    const message = await channel.get(exchange, { noAck: true });
    expect(message).toMatchObject({ properties: { expiration: "10000" } });
    expect(JSON.parse(message ? message.content.toString() : "").tags).toEqual({ streamll_probe: "true" });
  });

  it("the doctor tells a queue that exists with other settings", async () => {
    await declared({ "x-max-length": 5 });
    const { found } = await examined(url, ...managed, "--exchange", exchange, "--queue-type", "quorum");
    expect(found("conflict")).toMatchObject({ status: "failed", code: "TRANSPORT_TOPOLOGY_CONFLICT" });
    expect(found("conflict")?.detail).toContain("inequivalent arg");
  });

  it("the doctor warns of limits that drop, of expiry, and of a queue that nobody reads", async () => {
    const args = { "x-message-ttl": 60_000, "x-expires": 3_600_000 };
    await declared(args);
    const policy = `policies/%2F/${exchange}`;
    await manage("PUT", policy, {
      pattern: `^${exchange}$`,
      definition: { "max-length": 10_000 },
      "apply-to": "queues",
    });
    onTestFinished(async () => void (await manage("DELETE", policy)));
    const own = ["--exchange", exchange, "--queue-arguments", JSON.stringify(args)];
    const look = async () => {
      const result = await examined(url, ...managed, ...own);
      expect(result.found("queue-drops")).toBeDefined();
      return result;
    };
    const { found, checks, code } = await vi.waitFor(look, { timeout: 30_000 });
    expect(found("queue-drops")?.detail).toContain(`max-length 10000 (policy "${exchange}"), drop-head`);
    expect(checks.filter(({ reason }) => reason === "expiry").map(({ detail }) => detail)).toEqual([
      expect.stringContaining("events expire after 60 s (its arguments)"),
      expect.stringContaining("deleted when nobody uses it after 3600 s"),
    ]);
    expect(found("no-reader")?.status).toBe("warning");
    expect(code).toBe(0);
    expect((await examined(url, ...managed, ...own, "--strict")).code).toBe(1);
  });

  it("the doctor warns of readers that acknowledge nothing", async () => {
    await declared();
    const reader = await model.createChannel();
    await reader.prefetch(3);
    await reader.consume(exchange, () => {});
    for (let i = 0; i < 10; i++) channel.publish(exchange, "streamll.end.answer", Buffer.from("{}"));
    // The broker renews these figures every 5 s.
    const { found } = await vi.waitFor(
      async () => {
        const result = await examined(url, ...managed, "--exchange", exchange);
        expect(result.found("stuck-reader")).toBeDefined();
        return result;
      },
      { timeout: 40_000, interval: 500 },
    );
    expect(found("stuck-reader")?.detail).toContain("3 unacknowledged = the prefetch of all");
    await reader.close();
  });

  it("the doctor tells limits of connections and channels apart", async () => {
    const connections = await examined(await user({ "max-connections": 0 }));
    expect(connections.found("connection-limit")).toMatchObject({
      status: "failed",
      code: "TRANSPORT_THROTTLED",
    });
    const channels = await examined(await user({ "max-channels": 0 }));
    expect(channels.found("channel-limit")).toMatchObject({ status: "failed", code: "TRANSPORT_THROTTLED" });
  });

  it("the doctor tells TLS on a plain port, the other way round, and a certificate of an unknown authority", {
    skip: !broker!.owned,
  }, async () => {
    const { tlsUrl, ca } = broker!;
    const toPlain = await examined(url.replace("amqp:", "amqps:"));
    expect(toPlain.found("tls-port")).toMatchObject({ status: "failed" });
    const toTls = await examined(tlsUrl.replace("amqps:", "amqp:"));
    expect(toTls.found("tls-port")).toMatchObject({ status: "failed" });
    const unknown = await examined(tlsUrl);
    expect(unknown.found("certificate")).toMatchObject({ status: "failed", code: "TRANSPORT_TLS" });
    const folder = await mkdtemp(join(tmpdir(), "streamll-doctor-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "ca.pem"), ca);
    const known = await examined(tlsUrl, "--tls-ca", join(folder, "ca.pem"), "--exchange", exchange);
    expect(known.checks.find(({ id }) => id === "network")?.detail).toMatch(
      /TLSv1.3, certificate valid for \d+ days/,
    );
    expect(known.checks.find(({ id }) => id === "login")?.status).toBe("ok");
  });

  it("the doctor tells a place that nobody answers at, and one address of a cluster that is down", async () => {
    const closed = `amqp://guest:${secret}@127.0.0.1:${await freePort()}/`;
    const alone = await examined(closed);
    expect(alone.wrong).toEqual(["failed unreachable"]);
    expect(alone.all).not.toContain(secret);
    const cluster = await examined("--url", closed, "--url", url, "--exchange", exchange);
    expect(cluster.found("unreachable")?.status).toBe("warning");
    expect(cluster.checks.find(({ id }) => id === "login")?.status).toBe("ok");
  });

  it("the doctor tells that something cuts idle connections, at equal intervals", async () => {
    const target = new URL(url);
    const port = Number(target.port);
    const cutter = createServer((client) => {
      const upstream = connectTo(port, target.hostname);
      client
        .setTimeout(700, () => client.destroy())
        .on("error", () => {})
        .on("close", () => upstream.destroy());
      upstream.on("error", () => {});
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => cutter.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void cutter.close());
    target.port = String((cutter.address() as AddressInfo).port);
    const { found } = await examined(target.href, ...managed, "--exchange", exchange, "--watch", "4");
    expect(found("idle-cut")?.status).toBe("failed");
    expect(found("idle-cut")?.detail).toMatch(/lost \d times in 4 s, each time after/);
  });

  it("the doctor tells that this machine's clock is minutes ahead", async () => {
    const args = readArguments([url], flagsOf(["amqpUrl"]));
    const found = [];
    let [asked, answered] = [0, 0];
    for await (const { id, findings } of examine({
      plan: () => planOf(args, {}),
      managementUrl: new URL(managementUrl),
      probe: false,
      watchSeconds: undefined,
      interrupted: new AbortController().signal,
      now: () => {
        [asked, answered] = [answered, Date.now() + 300_000];
        return answered;
      },
    }))
      if (id === "clock") found.push(...findings);
    expect(found).toEqual([expect.objectContaining({ status: "warning", reason: "clock" })]);
    const seconds = Number(/(\d+) s ahead of the broker/.exec(found[0]!.detail)?.[1]);
    // RabbitMQ renews the date of its answers once a second. What it answers late may be off by half of that.
    expect(Math.abs(seconds - 300)).toBeLessThanOrEqual(3 + (answered - asked) / 2000);
  });

  it("the doctor shows what a management API that lets the user not in hides as unknown", async () => {
    await declared();
    const { code, checks } = await examined(
      await user(),
      "--management-url",
      managementUrl.replace(/\/\/.*@/, "//"),
      "--exchange",
      exchange,
    );
    const node = checks.find(({ id }) => id === "node");
    expect(node).toMatchObject({ status: "unknown" });
    expect(node?.detail).toContain('needs the tag "monitoring"');
    expect(checks.find(({ id }) => id === "readers")?.reason).toBe("no-reader");
    expect(code).toBe(0);
  });
});
