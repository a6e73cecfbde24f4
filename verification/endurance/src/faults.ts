import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@streamll/brokers";
import type { Reader } from "@streamll/harness";
import { grant, type Rig, type Station, setPassword } from "./rig.js";
import type { Kinds, Plan, Track } from "./schedule.js";

/** Brings it about, and gives what ends it. */
type Fault = (place: { rig: Rig; station: Station; strength: number }) => Promise<Mend> | Mend;
type Mend = () => unknown;

const nothing = () => {};
/** Class and method of AMQP 0-9-1's start-ok, as they stand in a frame. */
const START_OK = Buffer.of(0, 10, 0, 11);

const paused = (reader: Reader): Mend => {
  reader.pause();
  return () => reader.resume();
};

const onLine =
  (inflict: (proxy: Station["proxy"], strength: number) => unknown): Fault =>
  async ({ station: { proxy }, strength }) => {
    await inflict(proxy, strength);
    return () => proxy.heal();
  };

const withCommand =
  (begin: readonly string[], end: readonly string[]): Fault =>
  async ({ rig: { broker } }) => {
    await broker.ctl(...begin);
    return () => broker.ctl(...end);
  };

const close = (broker: Rig["broker"], user: string) =>
  broker.manage("DELETE", `connections/username/${user}`);

/** Of the line to one sink. */
export const networkFaults = {
  latency: onLine((proxy, strength) => proxy.latency(20 + 480 * strength)),
  narrow: onLine((proxy, strength) => proxy.bandwidth(10_000 + 190_000 * strength)),
  trickle: onLine((proxy) => proxy.trickle()),
  "black hole": onLine((proxy) => proxy.blackHole()),
  "silent broker": onLine((proxy) => proxy.halfOpen("toClient")),
  "silent sink": onLine((proxy) => proxy.halfOpen("toBroker")),
  cut: onLine((proxy) => proxy.cut()),
  reset: onLine((proxy) => proxy.reset()),
  "cut after some bytes": onLine((proxy, strength) => proxy.cutAfter(Math.round(1000 + 99_000 * strength))),
  "cut in content": onLine((proxy) => proxy.cutInContentFrame()),
  refused: onLine((proxy) => {
    proxy.refuse();
    proxy.reset();
  }),
  "stuck handshake": onLine((proxy) => {
    void proxy.holdAt(START_OK);
    proxy.reset();
  }),
  "nobody behind": async ({ rig, station: { proxy } }) => {
    proxy.pointAt(`amqp://127.0.0.1:${await freePort()}`);
    proxy.reset();
    return () => proxy.pointAt(rig.broker.url);
  },
} satisfies Record<string, Fault>;

/** Of the broker, or of what it grants. */
export const brokerFaults = {
  killed: async ({ rig: { broker, stations } }) => {
    await broker.kill();
    return async () => {
      await broker.start();
      // It may have taken along what was granted last.
      for (const { name } of stations) {
        await insist(() => setPassword(broker, name));
        await insist(() => grant(broker, name));
      }
    };
  },
  "shut down": async ({ rig: { broker } }) => {
    await broker.stop();
    return broker.start;
  },
  "app stopped": withCommand(["stop_app"], ["start_app"]),
  frozen: async ({ rig: { broker } }) => {
    await broker.pause();
    return broker.resume;
  },
  "memory alarm": withCommand(
    ["set_vm_memory_high_watermark", "0.00001"],
    ["set_vm_memory_high_watermark", "0.6"],
  ),
  "disk alarm": withCommand(["set_disk_free_limit", "1000000GB"], ["set_disk_free_limit", "50MB"]),
  "connections closed": async ({ rig: { broker }, station: { name } }) => {
    await close(broker, name);
    return nothing;
  },
  "all connections closed": async ({ rig: { broker, stations } }) => {
    await Promise.all(stations.map(({ name }) => close(broker, name)));
    return nothing;
  },
  "exchange deleted": async ({ rig: { broker }, station: { name } }) => {
    await broker.manage("DELETE", `exchanges/%2F/${name}`);
    return nothing;
  },
  "slow consumer": ({ station: { readers } }) => paused(readers[0]),
  "queue full": ({ rig: { stations } }) =>
    paused((stations.find(({ mayFail }) => mayFail !== undefined) ?? stations[0]!).readers[0]),
  "permission taken": async ({ rig: { broker }, station: { name, proxy } }) => {
    await grant(broker, name, "^$");
    proxy.reset();
    return () => grant(broker, name);
  },
  "password changed": async ({ rig: { broker }, station: { name, proxy } }) => {
    await setPassword(broker, name, "another");
    proxy.reset();
    return () => setPassword(broker, name);
  },
  "one connection allowed": async ({ rig: { broker }, station: { name, proxy } }) => {
    const limit = `user-limits/${name}/max-connections`;
    await broker.manage("PUT", limit, { value: 1 });
    proxy.reset();
    return () => broker.manage("DELETE", limit);
  },
} satisfies Record<string, Fault>;

export const networkKinds: Kinds<keyof typeof networkFaults> = {
  latency: [2000, 8000],
  narrow: [2000, 6000],
  trickle: [500, 2000],
  "black hole": [1000, 8000],
  "silent broker": [1000, 8000],
  "silent sink": [1000, 8000],
  cut: [0, 0],
  reset: [0, 0],
  "cut after some bytes": [500, 3000],
  "cut in content": [500, 3000],
  refused: [500, 6000],
  "stuck handshake": [500, 4000],
  "nobody behind": [500, 6000],
};

export const brokerKinds: Kinds<keyof typeof brokerFaults> = {
  killed: [0, 4000],
  "shut down": [0, 4000],
  "app stopped": [0, 2000],
  frozen: [500, 6000],
  "memory alarm": [500, 6000],
  "disk alarm": [500, 6000],
  "connections closed": [0, 0],
  "all connections closed": [0, 0],
  "exchange deleted": [0, 0],
  "slow consumer": [1000, 8000],
  "queue full": [4000, 8000],
  "permission taken": [500, 4000],
  "password changed": [500, 4000],
  "one connection allowed": [500, 4000],
};

/** A broker that has just started takes connections before it takes orders. */
async function insist<T>(step: () => T | Promise<T>): Promise<T> {
  for (let triesLeft = 20; ; triesLeft--) {
    try {
      return await step();
    } catch (error) {
      if (triesLeft === 0) throw error;
      await sleep(500);
    }
  }
}

/** Brings a track's faults about, each in its time and never two at once. Gives how many there were of each kind. */
export async function bringAbout<Kind extends string>(
  rig: Rig,
  track: Track<Kind>,
  faults: Readonly<Record<Kind, Fault>>,
  { until, now }: { until: number; now: (plan: Plan<Kind> | undefined) => void },
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const plan of track) {
    const { kind, atMs, lastsMs, sink, strength } = plan;
    await sleep(Math.max(0, atMs - rig.now));
    // Those before it took longer than planned.
    if (rig.now + lastsMs > until) break;
    const station = rig.stations[sink]!;
    now(plan);
    rig.note(`FAULT ${kind}, ${station.name}, for ${lastsMs} ms, ${strength.toFixed(2)}`);
    const mend = await insist(() => faults[kind]({ rig, station, strength }));
    await sleep(lastsMs);
    await insist(mend);
    rig.note(`mended: ${kind}`);
    now(undefined);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
