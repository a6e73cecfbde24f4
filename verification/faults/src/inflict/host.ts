import { renameSync, writeFileSync } from "node:fs";
import { openChannel, until } from "@streamll/brokers";
import type { Bench } from "../bench.js";
import { fakeClock } from "./fake-clock.js";

const HOUR_MS = 3_600_000;

export async function oddEvents(bench: Bench): Promise<void> {
  await bench.start();
  await bench.inflict(() => bench.program.do({ do: "load" }));
}

/** Back an hour, and then forward again to the right time. */
export async function clockBack(bench: Bench): Promise<void> {
  const file = await fakeClock(bench);
  const set = (offset: string) => {
    // At once, as the program reads it all the time.
    writeFileSync(`${file}.new`, offset);
    renameSync(`${file}.new`, file);
  };
  set("+0");
  await bench.underLoad();
  await bench.inflict(() => set("-1h"));
  await bench.until(() => Date.now() - bench.now.wallClock > HOUR_MS * 0.9, "the clock to jump back");
  await bench.sent();
  await bench.mend(() => set("+0"));
  await bench.until(() => Date.now() - bench.now.wallClock < HOUR_MS / 2, "the clock to jump forward");
}

/** First for longer than `confirmTimeout`, which costs nothing; then for longer than the broker bears it. */
export async function loopBlocked(bench: Bench): Promise<void> {
  await bench.underLoad();
  await bench.inflict(() => blocked(bench, 4000));
  await bench.sent();
  if (bench.losses > 0) throw new Error("4 s without an event loop cost a connection");
  await blocked(bench, 20_000);
  await bench.mend();
}

async function blocked(bench: Bench, ms: number): Promise<void> {
  const until = performance.now() + ms;
  bench.program.do({ do: "block", ms });
  await bench.until(
    () => (bench.program.timeline.at(-1)?.at ?? 0) > until,
    "the event loop to go on",
    ms * 2,
  );
}

/** A heap with room for little more than the buffer, which fills to its limit. */
export async function heapFull(bench: Bench): Promise<void> {
  bench.nodeFlags.push("--max-old-space-size=128");
  await bench.underLoad();
  await bench.inflict(() => bench.proxy.blackHole());
  await bench.said(/^problem BUFFER_FULL/);
  await bench.said(/degraded/);
  await bench.mend(() => bench.proxy.heal());
}

/** All that the queue holds is with a consumer that says nothing. */
export async function neverAcknowledged(bench: Bench): Promise<void> {
  const channel = await openChannel(bench.broker.url);
  bench.cleanUp(() => channel[Symbol.asyncDispose]());
  await bench.underLoad(1);
  let seen = 0;
  await bench.inflict(() => channel.consume(bench.name, () => seen++));
  await bench.until(() => bench.program.has("loaded"), "the load to end");
  await until(() => seen === bench.now.accepted, "the consumer to hold all");
  // Only so that they can be counted.
  await channel.close();
}

/** With answers that are late, so that there is time for callbacks during `stop()`. */
export async function handedOverFromCallbacks(bench: Bench): Promise<void> {
  await bench.underLoad();
  await bench.inflict(() => bench.proxy.latency(300));
  await bench.sent(200);
}

export async function terminated(bench: Bench): Promise<void> {
  await bench.underLoad();
  await bench.inflict(() => bench.program.signal("SIGTERM"));
}
