import type { Bench } from "../bench.js";

/** Packets vanish, and so do those of new connections. */
export async function blackHole(bench: Bench): Promise<void> {
  await bench.underLoad();
  await bench.inflict(() => bench.proxy.blackHole());
  await bench.said(/degraded/);
  await bench.mend(() => bench.proxy.heal());
}

/** First nothing comes from the broker any more, then nothing gets to it. */
export async function halfOpen(bench: Bench): Promise<void> {
  await bench.underLoad();
  for (const silent of ["toClient", "toBroker"] as const) {
    const losses = bench.losses;
    await bench.inflict(() => bench.proxy.halfOpen(silent));
    const isGivenUp = () => bench.losses > losses && bench.now.health.status === "degraded";
    await bench.until(isGivenUp, "the connection to be given up");
    await bench.mend(() => bench.proxy.heal());
    await bench.until(() => bench.now.health.status === "up", "the sink to be up again");
  }
}

export async function reset(bench: Bench): Promise<void> {
  await bench.underLoad();
  await bench.inflict(() => bench.proxy.reset());
  await bench.mend();
}

export async function cutInContent(bench: Bench): Promise<void> {
  await bench.underLoad();
  await bench.inflict(() => bench.proxy.cutInContentFrame());
  await bench.said(/disconnected/);
  await bench.mend(() => bench.proxy.heal());
}

export async function slow(bench: Bench): Promise<void> {
  await bench.inflict(() => bench.proxy.latency(500));
  await bench.underLoad();
}

export async function narrow(bench: Bench): Promise<void> {
  await bench.inflict(() => bench.proxy.bandwidth(10_000));
  await bench.underLoad(10);
}

/** No broker until the circuit has opened. */
export async function refusedAtStart(bench: Bench): Promise<void> {
  await bench.inflict(() => bench.proxy.refuse());
  await bench.start();
  bench.program.do({ do: "load" });
  await bench.said(/circuit open/);
  await bench.mend(() => bench.proxy.heal());
}
