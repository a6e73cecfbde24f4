import { randomUUID } from "node:crypto";
import { proxyTo } from "@streamll/transport-testkit";
import { describe, expect, it } from "vitest";
import { amqp091Transport } from "../src/index.js";
import { parse } from "./support/endpoint.js";
import { open, publish, scratch } from "./support/lane.js";
import { brokers, type Live, listed } from "./support/live.js";
import { message, options } from "./support/message.js";
import { addUser, removeUser } from "./support/user.js";

describe.each(brokers)("connecting to RabbitMQ $generation", (broker) => {
  const refused = (endpoint: Live["endpoint"], own = {}) =>
    amqp091Transport
      .create(options(own))
      .connect(endpoint, { index: 0 }, new AbortController().signal)
      .then(
        () => expect.unreachable("connected"),
        (error) => error,
      );

  it("is shown by the broker under the connection's name and the lane's number", {
    skip: !broker.owned,
  }, async () => {
    const connectionName = `app@${randomUUID()}`;
    const transport = amqp091Transport.create(options({ connectionName }));
    const connection = await transport.connect(broker.endpoint, { index: 3 }, new AbortController().signal);
    const { client_properties } = await listed(broker, connectionName);
    expect(client_properties.connection_name).toBe(`${connectionName}#3`);
    await connection.close(AbortSignal.timeout(5000));
  });

  it("agrees on the heartbeat that is asked for, and on none for 0", { skip: !broker.owned }, async () => {
    const shown = async (heartbeatMs: number) => {
      const connectionName = `app@${randomUUID()}`;
      await using _lane = await open(broker.endpoint, { connectionName, heartbeatMs });
      return (await listed(broker, connectionName)).timeout;
    };
    expect([await shown(7000), await shown(0)]).toEqual([7, 0]);
  });

  it("takes user, password and virtual host in any characters", async () => {
    const name = `u-${randomUUID()}-é✓%2F/`;
    const password = "pä%C3%A9:@/+=✓";
    await addUser(broker, name, { password, vhost: name });
    const endpoint = { ...broker.endpoint, username: name, password, path: name };
    {
      await using bench = await scratch(endpoint);
      await using lane = await open(endpoint, bench.own);
      expect(await publish(lane.connection, [message()])).toEqual([{ kind: "confirmed" }]);
      await bench.drain(1);
    }
    await removeUser(broker, name, { vhost: name });
  });

  it("asks the credentials function, whose answer wins over the URL's", async () => {
    const endpoint = { ...broker.endpoint, username: "nobody", password: "wrong" };
    await using _lane = await open(endpoint, {
      credentials: async () => ({ username: "guest", password: "guest" }),
    });
  });

  it("with a wrong password fails for good, without showing it", async () => {
    const endpoint = parse(broker.endpoint.label.replace(/\/\/.*@/, "//guest:s3cr3t-pw@"));
    const error = await refused({ ...endpoint, host: broker.endpoint.host });
    expect(error).toMatchObject({
      kind: "auth",
      permanent: true,
      message: expect.stringContaining(endpoint.label),
    });
    expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.toContain("s3cr3t-pw");
  });

  it("to an unknown virtual host fails for good, in the broker's words", async () => {
    expect(await refused({ ...broker.endpoint, path: "no/such" })).toMatchObject({
      kind: "not-found",
      permanent: true,
      message: expect.stringMatching(/no\/such.* not found.*percent-encoded/),
    });
  });

  it("to a virtual host without a right on it fails for good", async () => {
    const name = `v-${randomUUID()}`;
    await broker.manage("PUT", `vhosts/${name}`);
    await broker.manage("PUT", `users/${name}`, { password: "pw", tags: "" });
    const endpoint = { ...broker.endpoint, username: name, password: "pw", path: name };
    expect(await refused(endpoint)).toMatchObject({ kind: "permission", permanent: true });
    await removeUser(broker, name, { vhost: name });
  });

  it("over the virtual host's limit of connections may be tried again", async () => {
    const path = `v-${randomUUID()}`;
    await broker.manage("PUT", `vhosts/${path}`);
    await broker.manage("PUT", `vhost-limits/${path}/max-connections`, { value: 0 });
    expect(await refused({ ...broker.endpoint, path })).toMatchObject({
      kind: "throttled",
      permanent: false,
    });
    await broker.manage("DELETE", `vhosts/${path}`);
  });

  it("where nothing listens may be tried again", async () => {
    const error = await refused({ ...broker.endpoint, port: 1 });
    expect(error).toMatchObject({ kind: "unreachable", permanent: false });
    expect(error.message).toMatch(/ECONNREFUSED.*Check host and port/s);
  });

  it("to a host that does not resolve may be tried again", async () => {
    const error = await refused({ ...broker.endpoint, host: "no-such-host.invalid" });
    expect(error).toMatchObject({ kind: "unreachable", permanent: false });
  });

  it("survives a broker that hangs up in the handshake", async () => {
    await using proxy = await proxyTo(broker.endpoint);
    const connecting = refused(proxy.endpoint, { heartbeatMs: 10_000 });
    const reset = setInterval(() => proxy.reset(), 0);
    const error = await connecting.finally(() => clearInterval(reset));
    expect(error).toMatchObject({ kind: "unreachable", permanent: false });
  });

  describe("over TLS", { skip: !broker.owned }, () => {
    it("trusts a broker that the given authority signed", async () => {
      await using bench = await scratch(broker.endpoint);
      await using lane = await open(broker.tls, { ...bench.own, tls: { ca: broker.ca } });
      const batch = Array.from({ length: 20 }, () => message({ body: Buffer.alloc(200_000, "x") }));
      expect((await publish(lane.connection, batch)).every(({ kind }) => kind === "confirmed")).toBe(true);
      await bench.drain(20);
    });

    it("upgrades an amqp:// URL where TLS is asked for", async () => {
      await using _lane = await open({ ...broker.tls, scheme: "amqp" }, { tls: { ca: broker.ca } });
    });

    it("takes any certificate where that is said", async () => {
      await using _lane = await open(broker.tls, { tls: { rejectUnauthorized: false } });
    });

    it("refuses a certificate that nobody trusted has signed", async () => {
      expect(await refused(broker.tls)).toMatchObject({ kind: "tls", permanent: true });
    });

    it("refuses a certificate for another name", async () => {
      const tls = { ca: broker.ca, servername: "other.example" };
      expect(await refused(broker.tls, { tls })).toMatchObject({ kind: "tls", permanent: true });
    });

    it("to a plain port says so", async () => {
      const endpoint = { ...broker.endpoint, scheme: "amqps" };
      expect(await refused(endpoint)).toMatchObject({
        kind: "tls",
        permanent: true,
        message: expect.stringContaining("amqp://"),
      });
    });

    it("is named where plain AMQP meets a TLS port", async () => {
      const endpoint = { ...broker.tls, scheme: "amqp" };
      expect(await refused(endpoint)).toMatchObject({
        kind: "tls",
        permanent: true,
        message: expect.stringContaining("amqps://"),
      });
    });

    it("reports an unknown virtual host too", async () => {
      const endpoint = { ...broker.tls, path: "nope" };
      expect(await refused(endpoint, { tls: { ca: broker.ca } })).toMatchObject({
        kind: "not-found",
        permanent: true,
      });
    });
  });
});
