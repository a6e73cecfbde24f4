import { randomUUID } from "node:crypto";
import type { Endpoint, TransportError, TransportOptions } from "@streamll/core";
import { describe, expect, it, vi } from "vitest";
import { open, publish, WAIT } from "./support/connect.js";
import { messages, outcomes } from "./support/options.js";
import { brokers, brokersOf4, endpointOf, scratch } from "./support/rabbitmq.js";

const refusal = (endpoint: Endpoint, own: Partial<TransportOptions> = {}): Promise<TransportError> =>
  open(endpoint, own).then(
    () => {
      throw new Error("it was not refused");
    },
    (error) => error,
  );

interface Listed {
  readonly client_properties?: { readonly connection_name?: string };
}

describe.each(brokersOf4)("connecting to RabbitMQ $version", (broker) => {
  const endpoint = endpointOf(broker.url);

  it("with a wrong password fails for good, without showing it", async () => {
    const error = await refusal({ ...endpoint, password: "s3cr3t-pw" });
    expect(error).toMatchObject({ kind: "auth", permanent: true });
    expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.toContain("s3cr3t-pw");
  });

  it("takes user names and passwords of any characters", async () => {
    const name = `ü-${randomUUID()}`;
    await broker.manage("PUT", `users/${encodeURIComponent(name)}`, { password: "pä+/= %", tags: "" });
    const rights = { configure: ".*", write: ".*", read: ".*" };
    await broker.manage("PUT", `permissions/%2F/${encodeURIComponent(name)}`, rights);
    await using _lane = await open({ ...endpoint, username: name, password: "pä+/= %" });
    await broker.manage("DELETE", `users/${encodeURIComponent(name)}`);
  });

  it("to an unknown virtual host fails for good, in the broker's words", async () => {
    expect(await refusal({ ...endpoint, path: "no/such" })).toMatchObject({
      kind: "not-found",
      permanent: true,
      message: expect.stringMatching(/no\/such.* not found.*percent-encoded/),
    });
  });

  it("to a virtual host with odd characters works, and without a right on it fails for good", async () => {
    const name = `v/ä-${randomUUID()}`;
    const at = encodeURIComponent(name);
    await broker.manage("PUT", `vhosts/${at}`);
    await broker.manage("PUT", `users/${at}`, { password: "pw", tags: "" });
    const own = { ...endpoint, username: name, password: "pw", path: name };
    expect(await refusal(own)).toMatchObject({ kind: "permission", permanent: true });
    await broker.manage("PUT", `permissions/${at}/${at}`, { configure: ".*", write: ".*", read: ".*" });
    await using _lane = await open(own);
    await broker.manage("DELETE", `users/${at}`);
    await broker.manage("DELETE", `vhosts/${at}`);
  });

  it("over the virtual host's limit of connections may be tried again", async () => {
    const path = `v-${randomUUID()}`;
    await broker.manage("PUT", `vhosts/${path}`);
    await broker.manage("PUT", `vhost-limits/${path}/max-connections`, { value: 0 });
    expect(await refusal({ ...endpoint, path })).toMatchObject({ kind: "throttled", permanent: false });
    await broker.manage("DELETE", `vhosts/${path}`);
  });

  it("names itself to the broker", async () => {
    const connectionName = `app-${randomUUID()}`;
    await using _lane = await open(endpoint, { connectionName });
    const named = async () => {
      const all = (await broker.manage("GET", "connections")) as Listed[];
      return all.some((one) => one.client_properties?.connection_name === `${connectionName}#0`);
    };
    await vi.waitUntil(named, { ...WAIT, interval: 200 });
  });

  it("ends in good order before a token expires, and the next connection asks for a new one", async ({
    skip,
  }) => {
    skip(Number(broker.generation) >= 4.1, "the broker is given a new token");
    await using bench = await scratch(broker);
    const credentials = vi.fn(() => ({
      username: "guest",
      password: "guest",
      expiresAt: new Date(Date.now() + 1500),
    }));
    await using lane = await open(endpoint, { ...bench.own, credentials });
    const record = outcomes(200);
    lane.connection.publish(messages(200), record.settle);
    expect(await lane.connection.closed).toBeUndefined();
    expect(record.open()).toBe(0);
    await using next = await open(endpoint, { ...bench.own, credentials });
    expect(credentials).toHaveBeenCalledTimes(2);
    expect(await publish(next.connection, messages(1))).toEqual([{ kind: "confirmed" }]);
  });

  describe("over TLS", { skip: !broker.owned }, () => {
    it("trusts a broker that the given authority signed", async () => {
      await using bench = await scratch(broker);
      await using lane = await open(endpointOf(broker.tlsUrl), { ...bench.own, tls: { ca: broker.ca } });
      const batch = messages(20, { body: Buffer.alloc(200_000, "x") });
      const all = await publish(lane.connection, batch);
      expect(all.every(({ kind }) => kind === "confirmed")).toBe(true);
    });

    it("fails for good where it trusts nobody, and where the port speaks no TLS", async () => {
      expect(await refusal(endpointOf(broker.tlsUrl))).toMatchObject({ kind: "tls", permanent: true });
      expect(await refusal({ ...endpoint, scheme: "amqps" })).toMatchObject({ kind: "tls", permanent: true });
    });

    it("says so where it speaks plainly to a port that speaks TLS", async () => {
      const error = await refusal({ ...endpointOf(broker.tlsUrl), scheme: "amqp" });
      expect(error).toMatchObject({
        kind: "tls",
        permanent: true,
        message: expect.stringContaining("amqps://"),
      });
    });
  });
});

describe.each(brokers.filter(({ version }) => version.startsWith("3.")))("RabbitMQ $version", (broker) => {
  it("is refused for good: AMQP 1.0 needs 4.0", async () => {
    expect(await refusal(endpointOf(broker.url))).toMatchObject({
      kind: "protocol",
      permanent: true,
      message: expect.stringContaining("AMQP 1.0 needs RabbitMQ 4.0 or later"),
    });
  });
});
