import { connect as connectTcp } from "node:net";
import { createServer, type Server } from "node:tls";
import { brokersForTests, certificates } from "@streamll/brokers";
import { proxyTo } from "@streamll/transport-testkit";
import { afterAll, describe, expect, it, vi } from "vitest";
import { streamsTransport } from "../src/transport.js";
import { open, publish, WAIT } from "./support/connect.js";
import { messages, options } from "./support/options.js";
import { endpointOf, freshName, onStream } from "./support/stream.js";

const never = new AbortController().signal;

describe.each(brokersForTests().filter(({ owned }) => owned))("connecting to RabbitMQ $version", (broker) => {
  const endpoint = endpointOf(broker);
  const refused = (own: Partial<typeof endpoint>, more = {}) =>
    expect(
      streamsTransport(options({ ...onStream("some-stream"), ...more })).connect(
        { ...endpoint, ...own },
        { index: 0 },
        never,
      ),
    ).rejects;

  it.each([
    ["a wrong password", { username: "guest", password: "wrong" }, "auth"],
    ["an unknown virtual host", { path: "no-such-vhost" }, "not-found"],
  ])("with %s fails for good, and says so, however short the heartbeat", async (_, own, kind) => {
    await refused(own, { heartbeatMs: 1000 }).toMatchObject({ kind, permanent: true });
  });

  it("by TLS to a port without it says so", async () => {
    await refused({ scheme: "rabbitmq-stream+tls" }, { tls: { rejectUnauthorized: true } }).toMatchObject({
      kind: "tls",
      message: expect.stringContaining("does not speak TLS"),
    });
  });

  it("without the right to declare or to write says which right", async () => {
    const at = async (configure: string, write: string) => {
      await broker.manage("PUT", "users/anna", { password: "pässwörd", tags: "" });
      await broker.manage("PUT", "permissions/%2F/anna", { configure, write, read: ".*" });
    };
    const anna = { username: "anna", password: "pässwörd" };
    await at("", ".*");
    await refused(anna).toMatchObject({ kind: "permission", message: expect.stringContaining("configure") });
    await at(".*", "");
    await refused(anna).toMatchObject({ kind: "permission", message: expect.stringContaining("write") });
    await at(".*", ".*");
    await using lane = await open({ ...endpoint, ...anna }, onStream("some-stream"));
    expect(await publish(lane.connection, messages(1, 1))).toEqual([{ kind: "confirmed" }]);
    await broker.manage("DELETE", "users/anna");
    await broker.manage("DELETE", "queues/%2F/some-stream");
  });

  it("shows the connection under its name", async () => {
    const name = freshName();
    await using _lane = await open(endpoint, { ...onStream(name), connectionName: name });
    await vi.waitUntil(async () => {
      const all = await broker.manage("GET", "connections");
      return JSON.stringify(all).includes(`${name}#0`);
    }, WAIT);
  });

  it("goes to the leader through the address that the resolver gives", async () => {
    await using proxy = await proxyTo(endpoint);
    // The broker does not advertise the proxy's port: the locator is left for what the resolver says.
    const stream = freshName();
    const asked: unknown[] = [];
    const streamAddressResolver = (advertised: { host: string; port: number }) => {
      asked.push(advertised);
      return { host: "127.0.0.1", port: proxy.endpoint.port! };
    };
    await using lane = await open(proxy.endpoint, {
      ...onStream(stream),
      own: { ...options().own, streamAddressResolver },
    });
    expect(await publish(lane.connection, messages(1, 3))).toHaveLength(3);
    expect(proxy.connections).toBe(1);
    // One that is at the leader already asks nobody.
    expect(asked).toEqual([]);
  });

  it("over TLS is verified", async () => {
    const files = await certificates();
    const server: Server = createServer({ cert: files["cert.pem"], key: files["key.pem"] }, (client) => {
      const upstream = connectTcp({ host: "127.0.0.1", port: broker.streamPort });
      upstream.pipe(client).pipe(upstream);
      client.on("error", () => upstream.destroy());
      upstream.on("error", () => client.destroy());
    });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    afterAll(() => void server.close());
    const { port } = server.address() as { port: number };
    const secure = { ...endpoint, scheme: "rabbitmq-stream+tls", host: "localhost", port };
    await using lane = await open(secure, { ...onStream(freshName()), tls: { ca: files["ca.pem"] } });
    expect(await publish(lane.connection, messages(1, 2000))).toHaveLength(2000);
    await refused(secure).toMatchObject({
      kind: "tls",
      permanent: true,
    });
  });
});
