import type { Protocol } from "@streamll/harness";
import type { Bench } from "../bench.js";

const sasl = Buffer.of(0, 0x53, 0x41);

/**
 * As they stand in a frame: class and method of AMQP 0-9-1; key and version of a stream's command; performative and
 * request of AMQP 1.0; method and path of HTTP.
 */
const bytesOf: Readonly<Record<Protocol, { readonly login: Buffer; readonly declaration: Buffer }>> = {
  amqp: { login: Buffer.of(0, 10, 0, 11), declaration: Buffer.of(0, 50, 0, 10) },
  streams: { login: Buffer.of(0, 19, 0, 1), declaration: Buffer.of(0, 13, 0, 1) },
  amqp10: { login: sasl, declaration: Buffer.from("PUT") },
  "service-bus": { login: sasl, declaration: Buffer.from("put-token") },
  pubsub: { login: Buffer.from("GET /v1"), declaration: Buffer.from("PUT /v1") },
};

/** SIGKILL while so many events are in flight, none of them answered and most of them stored. */
export async function killedInFlight(bench: Bench, count = 10_000): Promise<void> {
  const { proxy } = bench;
  await underLoadOnDisk(bench);
  proxy.halfOpen("toClient");
  await bench.until(() => bench.now.stats.events_in_flight >= count, `${count} in flight`);
  await bench.inflict(async () => {
    await bench.down("kill");
    proxy.reset();
    await proxy.heal();
  });
  await bench.mend(() => bench.up());
}

export const killedInHandshake = (bench: Bench) => killedAt(bench, bytesOf[bench.over].login);

export const killedInDeclaration = (bench: Bench) => killedAt(bench, bytesOf[bench.over].declaration);

async function killedAt(bench: Bench, method: Buffer): Promise<void> {
  const { proxy } = bench;
  const held = proxy.holdAt(method);
  await bench.start();
  bench.program.do({ do: "load" });
  await held;
  await bench.inflict(() => bench.down("kill"));
  await proxy.heal();
  await bench.said(/degraded, .*TRANSPORT_/);
  await bench.mend(() => bench.up());
}

export async function killedInStop(bench: Bench): Promise<void> {
  await underLoadOnDisk(bench);
  await inTheMiddleOf(bench, "stop");
}

export async function killedInFlush(bench: Bench): Promise<void> {
  await underLoadOnDisk(bench);
  await inTheMiddleOf(bench, "flush");
  await bench.until(() => bench.program.has("flushed"), "the end of flush()");
}

async function inTheMiddleOf(bench: Bench, what: "stop" | "flush"): Promise<void> {
  const { proxy } = bench;
  // Nothing is answered, so that it cannot be over before.
  proxy.halfOpen("toClient");
  await bench.until(() => bench.now.stats.events_in_flight > 500, "events in flight");
  bench.program.do({ do: what });
  await bench.inflict(async () => {
    await bench.down("kill");
    proxy.reset();
    await proxy.heal();
  });
  await bench.mend(() => bench.up());
}

/** The broker tells its clients (320) and goes. */
export async function shutDown(bench: Bench): Promise<void> {
  // By no way of the proxy, which may cut off the broker's last words.
  bench.options = { ...bench.options, amqpUrl: bench.directUrl() };
  await bench.underLoad();
  await bench.inflict(() => bench.down("stop"));
  await bench.mend(() => bench.up());
}

export async function appRestarted(bench: Bench): Promise<void> {
  const { broker } = bench;
  await bench.underLoad();
  await bench.inflict(() => broker.ctl("stop_app"));
  await bench.mend(() => broker.ctl("start_app"));
}

/** SIGSTOP until the sink has given it up, and for three heartbeats at least; then SIGCONT. */
export async function frozen(bench: Bench): Promise<void> {
  const { broker } = bench;
  await bench.underLoad();
  await bench.inflict(broker.pause);
  let thawed: Promise<void> | undefined;
  const thaw = () => (thawed ??= broker.resume());
  bench.cleanUp(thaw);
  await bench.said(/degraded/);
  await bench.until(() => performance.now() - bench.faultAt > 3500, "three heartbeats");
  await bench.mend(thaw);
}

/** RabbitMQ writes down a declaration seconds after it has answered it: a kill before that takes the queue along. */
async function underLoadOnDisk(bench: Bench): Promise<void> {
  await bench.start();
  await bench.until(() => bench.now.health.status === "up", "a connection");
  await bench.broker.ctl("eval", "mnesia:sync_log().");
  await bench.handOver();
}
