import type { Bench } from "../bench.js";

const EVER = { times: Number.POSITIVE_INFINITY };

/** Tokens live three seconds: each connection puts some while the load, which is counted, is handed over. */
export async function tokensRenewed(bench: Bench): Promise<void> {
  keysForAWhile(bench);
  await bench.underLoad();
  const before = bench.bus.tokens.length;
  await bench.inflict(() => bench.until(() => bench.program.has("loaded"), "the load to end", 300_000));
  const tokens = bench.bus.tokens.length - before;
  const least = (performance.now() - bench.faultAt) / 3000;
  if (tokens < least)
    throw new Error(`${tokens} tokens were put, at least ${Math.ceil(least)} were expected`);
}

/** Until the last token has expired, and the connection with it. */
export async function renewalRefused(bench: Bench): Promise<void> {
  const { faults } = bench.bus;
  keysForAWhile(bench);
  bench.cleanUp(faults.clear);
  await bench.underLoad();
  await bench.inflict(() => faults.failCbs(EVER));
  await bench.said(/degraded, .*TRANSPORT_AUTH/);
  await bench.mend(faults.clear);
}

export async function throttled(bench: Bench): Promise<void> {
  await bench.underLoad();
  await bench.inflict(() => bench.bus.faults.throttle(10_000));
  await bench.said(/^blocked/);
  await bench.until(() => performance.now() - bench.faultAt > 10_000, "10 s of throttling");
  await bench.mend();
}

/** All links, while what they have sent is stored and not answered. */
export async function detached(bench: Bench): Promise<void> {
  const { faults } = bench.bus;
  bench.cleanUp(faults.clear);
  await bench.underLoad();
  faults.hold();
  await bench.until(() => bench.now.stats.events_in_flight >= 500, "500 in flight");
  await bench.inflict(() => faults.detach());
  await bench.mend(faults.answer);
}

export async function connectionsForced(bench: Bench): Promise<void> {
  await bench.underLoad();
  await bench.inflict(() => bench.bus.faults.closeConnections());
  await bench.mend();
}

export async function disabled(bench: Bench): Promise<void> {
  const { bus, name } = bench;
  bench.cleanUp(() => bus.enable(name));
  await bench.underLoad();
  await bench.inflict(() => bus.disable(name));
  await bench.said(/degraded, .*TRANSPORT_BLOCKED/);
  await bench.mend(() => bus.enable(name));
}

/** See `bringsKeysForAWhile` in behaviours.ts. */
function keysForAWhile({ bus, environment }: Bench): void {
  const [, name = "", key = ""] = /SharedAccessKeyName=(.*);SharedAccessKey=(.*?)(;|$)/.exec(
    bus.connectionString,
  )!;
  Object.assign(environment, { FAULTS_KEY_NAME: name, FAULTS_KEY: key });
}
