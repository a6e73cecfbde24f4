import { mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@streamll/brokers";
import { FaultProxy } from "@streamll/harness";
import type { Bench } from "../bench.js";

/** The name is unknown until the sink has said so. */
export async function unresolved(bench: Bench): Promise<void> {
  const names = namesOf(bench);
  const url = new URL(bench.proxy.url);
  url.hostname = "broker.example";
  bench.options = { ...bench.options, amqpUrl: url.href };
  await bench.inflict(() => names.set({}));
  await bench.start();
  bench.program.do({ do: "load" });
  await bench.said(/circuit open/);
  await bench.mend(() => names.set({ "broker.example": "127.0.0.1" }));
}

/** Beside the right address one where nobody listens, one with another password, and one that says nothing. */
export async function oneOfFour(bench: Bench): Promise<void> {
  const silent = await FaultProxy.to(bench.broker.url);
  bench.cleanUp(() => silent[Symbol.asyncDispose]());
  silent.blackHole();
  const at = (change: Partial<Pick<URL, "port" | "password">>) =>
    Object.assign(new URL(bench.broker.url), change).href;
  bench.options = {
    ...bench.options,
    amqpUrl: [at({ port: String(await freePort()) }), at({ password: "wrong" }), silent.url, bench.proxy.url],
  };
  await bench.inflict(() => bench.underLoad());
  // The next address comes first now, so that each of the others has its turn.
  await bench.mend(() => bench.proxy.reset());
}

/** The name leads to another address, and the old one answers no more. */
export async function moved(bench: Bench): Promise<void> {
  const { proxy: before, broker } = bench;
  const after = await FaultProxy.to(broker.url, { host: "127.0.0.2", port: before.port });
  bench.cleanUp(() => after[Symbol.asyncDispose]());
  const names = namesOf(bench);
  const url = new URL(before.url);
  url.hostname = "broker.example";
  bench.options = { ...bench.options, amqpUrl: url.href };
  names.set({ "broker.example": "127.0.0.1" });
  await bench.underLoad();
  await bench.inflict(() => {
    before.refuse();
    before.reset();
  });
  await bench.said(/degraded/);
  await bench.mend(() => names.set({ "broker.example": "127.0.0.2" }));
}

/** The hosts that the program can find; see `readsItsHosts` in behaviours.ts. */
function namesOf(bench: Bench): { set(hosts: Readonly<Record<string, string>>): void } {
  const folder = mkdtempSync(join(tmpdir(), "streamll-faults-"));
  bench.cleanUp(() => rm(folder, { recursive: true }));
  const file = join(folder, "hosts.json");
  bench.environment.FAULTS_HOSTS = file;
  return {
    set(hosts) {
      // At once: the program may be reading it.
      writeFileSync(`${file}.new`, JSON.stringify(hosts));
      renameSync(`${file}.new`, file);
    },
  };
}
