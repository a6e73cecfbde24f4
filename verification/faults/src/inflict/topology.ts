import { until } from "@streamll/brokers";
import type { Bench } from "../bench.js";

/** With so much, each way, one connection cannot keep up with the load of the rows on limits. */
const LATENCY_MS = 20;

/** The row's load is more than its queue takes. */
export async function queueFull(bench: Bench): Promise<void> {
  await bench.start();
  await bench.inflict(() => bench.program.do({ do: "load" }));
}

export const memoryAlarm = (bench: Bench) => alarm(bench, "set_vm_memory_high_watermark", "0.00001", "0.6");

export const diskAlarm = (bench: Bench) => alarm(bench, "set_disk_free_limit", "1000000GB", "50MB");

/** For longer than `confirmTimeout` and some heartbeats: a blocked connection is none that is dead. */
async function alarm(bench: Bench, command: string, low: string, usual: string): Promise<void> {
  const { broker } = bench;
  await bench.underLoad();
  let over: Promise<unknown> | undefined;
  const end = () => (over ??= broker.ctl(command, usual));
  bench.cleanUp(end);
  await bench.inflict(() => broker.ctl(command, low));
  // The stream protocol has no word for it.
  await bench.said(bench.over === "streams" ? /^problem/ : /blocked/);
  const blockedAt = performance.now();
  await bench.until(() => performance.now() - blockedAt > 6000, "6 s of the alarm");
  await bench.mend(end);
  await bench.said(/solved/);
}

/** While nothing is under way to the broker, so that all that it has taken by then can be set aside. */
export async function queueDeleted(bench: Bench): Promise<void> {
  const { broker, name, proxy } = bench;
  await bench.underLoad();
  proxy.halfOpen("toBroker");
  let last = { sent: -1, at: 0 };
  const isStill = () => {
    const { events_sent: sent } = bench.now.stats;
    if (sent !== last.sent) last = { sent, at: performance.now() };
    return performance.now() - last.at > 500;
  };
  await until(isStill, "all that arrived to be confirmed");
  await bench.setAside();
  await bench.inflict(() => broker.manage("DELETE", `queues/%2F/${name}`));
  await bench.mend(() => proxy.heal());
}

export async function exchangeDeleted(bench: Bench): Promise<void> {
  const { broker, name } = bench;
  await bench.underLoad();
  await bench.inflict(() => broker.manage("DELETE", `exchanges/%2F/${name}`));
  await bench.mend();
}

/** First the right to write to the exchange alone, then every right. */
export async function permissionTaken(bench: Bench): Promise<void> {
  const { broker, name, proxy } = bench;
  const exchange = `${name}-exchange`;
  bench.options = { ...bench.options, exchange };
  bench.cleanUp(() => broker.manage("DELETE", `exchanges/%2F/${exchange}`));
  await ownUser(bench);
  await bench.underLoad();
  // The broker asks for a right once a channel, and knows it from then on.
  await bench.inflict(async () => {
    await grant(bench, { write: `^${name}$` });
    proxy.reset();
  });
  await bench.said(/disconnected TRANSPORT_PERMISSION/);
  await grant(bench, { configure: "^$", write: "^$", read: "^$" });
  await bench.said(/connect_refused TRANSPORT_PERMISSION/);
  await bench.mend(() => grant(bench));
}

/** Every right to the stream. */
export async function streamPermissionTaken(bench: Bench): Promise<void> {
  await ownUser(bench);
  await bench.underLoad();
  await bench.inflict(async () => {
    await grant(bench, { configure: "^$", write: "^$", read: "^$" });
    bench.proxy.reset();
  });
  await bench.said(/connect_refused TRANSPORT_PERMISSION/);
  await bench.mend(() => grant(bench));
}

/** It is made while the program waits for it. */
export async function unknownVirtualHost(bench: Bench): Promise<void> {
  const { broker, name, proxy } = bench;
  bench.queues.splice(0, 1, { url: new URL(name, broker.url).href, queue: name });
  bench.options = { ...bench.options, amqpUrl: new URL(name, proxy.url).href };
  await bench.start();
  await bench.inflict(() => bench.program.do({ do: "load" }));
  await bench.said(/connect_refused TRANSPORT_NOT_FOUND/);
  bench.cleanUp(() => broker.manage("DELETE", `vhosts/${name}`));
  await bench.mend(() => broker.manage("PUT", `vhosts/${name}`));
}

export async function passwordChanged(bench: Bench): Promise<void> {
  const { proxy } = bench;
  await ownUser(bench);
  await bench.underLoad();
  await bench.inflict(async () => {
    await setPassword(bench, "another");
    proxy.reset();
  });
  await bench.said(/degraded, .*TRANSPORT_AUTH/);
  await bench.mend(() => setPassword(bench));
}

/** First two connections are allowed, of the five that the load asks for; then none. */
export async function connectionLimit(bench: Bench): Promise<void> {
  const { broker, name, proxy } = bench;
  const allow = (value: number) => broker.manage("PUT", `vhost-limits/${name}/max-connections`, { value });
  await broker.manage("PUT", `vhosts/${name}`);
  bench.cleanUp(() => broker.manage("DELETE", `vhosts/${name}`));
  bench.queues.splice(0, 1, { url: new URL(name, broker.url).href, queue: name });
  bench.options = { ...bench.options, amqpUrl: new URL(name, proxy.url).href };
  await bench.inflict(() => allow(2));
  proxy.latency(LATENCY_MS);
  await bench.underLoad();
  await bench.said(/pool_lowered/);
  await proxy.heal();
  await allow(0);
  proxy.reset();
  await bench.said(/degraded, .*limit/);
  await bench.mend(() => allow(5));
}

/** One on each connection, and one that the user may have on all of them together. */
export async function channelLimit(bench: Bench): Promise<void> {
  const { broker, name, proxy } = bench;
  await ownUser(bench);
  await setting(bench, "channel_max", 1);
  await bench.inflict(() => broker.manage("PUT", `user-limits/${name}/max-channels`, { value: 1 }));
  proxy.latency(LATENCY_MS);
  await bench.underLoad();
  await bench.said(/pool_lowered/);
  await proxy.heal();
}

export async function tooLarge(bench: Bench): Promise<void> {
  await setting(bench, "max_message_size", 10_000);
  await bench.start();
  await bench.inflict(() => bench.program.do({ do: "load" }));
  await bench.until(() => bench.program.has("loaded"), "the load to end");
  await bench.mend();
}

/** The user may write to the exchange, with the routing key of ordinary events alone. */
export async function keyRefused(bench: Bench): Promise<void> {
  const { broker, name } = bench;
  await ownUser(bench);
  const rights = { exchange: name, write: "^faults\\.token$", read: ".*" };
  await broker.manage("PUT", `topic-permissions/%2F/${name}`, rights);
  await bench.start();
  await bench.inflict(() => bench.program.do({ do: "load" }));
}

export async function smallFrames(bench: Bench): Promise<void> {
  await setting(bench, "frame_max", 4096);
  await bench.inflict(() => bench.underLoad(200));
  await setting(bench, "frame_max", 8192);
  await bench.mend(() => bench.proxy.cut());
}

/** A user of this row alone, named as its queue, with every right. */
async function ownUser(bench: Bench): Promise<void> {
  const { broker, name } = bench;
  await setPassword(bench);
  bench.cleanUp(() => broker.manage("DELETE", `users/${name}`));
  await grant(bench);
  bench.options = { ...bench.options, username: name, password: PASSWORD };
}

const PASSWORD = "right";

const setPassword = ({ broker, name }: Bench, password = PASSWORD) =>
  broker.manage("PUT", `users/${name}`, { password, tags: "" });

const grant = ({ broker, name }: Bench, rights: Readonly<Record<string, string>> = {}) =>
  broker.manage("PUT", `permissions/%2F/${name}`, { configure: ".*", write: ".*", read: ".*", ...rights });

/** Of the broker, for connections from now on. */
async function setting(bench: Bench, key: string, value: number): Promise<void> {
  const { broker } = bench;
  // Newer brokers have copied some of them at their start.
  const set = (to: string) =>
    broker.ctl("eval", `application:set_env(rabbit, ${key}, ${to}), persistent_term:put(${key}, ${to}).`);
  const before = await broker.ctl("eval", `{ok, Before} = application:get_env(rabbit, ${key}), Before.`);
  bench.cleanUp(() => set(before.trim()));
  await set(String(value));
}
