import { setTimeout as sleep } from "node:timers/promises";
import { type OwnBroker, startBroker, until } from "@streamll/brokers";
import { Reader } from "@streamll/harness";
import type { BrokerSinkOptions } from "@streamll/sink";
import { type Account, accountOf } from "./account.js";
import { type Return, returnOf } from "./connects.js";
import { Fleet } from "./fleet.js";

export interface Size {
  readonly processes: number;
  /** Of each process. */
  readonly sinks: number;
  /** Events a second, of all sinks together. */
  readonly perSecond: number;
  /** How long the broker is gone. */
  readonly downSeconds: number;
}

export interface Restart extends Return {
  readonly jitter: boolean;
  readonly version: string;
  readonly account: Account;
  /** Connections that the broker opened after its restart, also for those that gave up and came again, and for the reader. */
  readonly opened: number;
  /** Milliseconds after the broker took connections, until all that had waited was delivered. */
  readonly settledMs: number;
}

export interface RestartOptions {
  readonly generation?: string;
  readonly jitter: boolean;
  /** Of every sink, over the defaults of the product. */
  readonly sinkOptions?: BrokerSinkOptions;
  readonly progress?: (line: string) => void;
}

const EXCHANGE = "scale";
const QUEUE = "scale";
/** What is under way when the broker is restarted. */
const LOAD_MS = 5000;
/** Long enough to see a slow machine come to its end. */
const CONNECT_MS = 600_000;
const PROGRESS_MS = 5000;

/** Restarts a broker under the load of many sinks in many processes, and counts what arrived. */
export async function restart(size: Size, options: RestartOptions): Promise<Restart> {
  const { jitter, generation = "", progress = () => {} } = options;
  const broker = await startBroker({ generation });
  const found = new Map<string, number>();
  const fleets = startFleets(size, options, broker);
  try {
    await until(() => fleets.every(({ isConnected }) => isConnected), "all sinks to connect", CONNECT_MS);
    progress(`${size.processes * size.sinks} sinks are connected`);
    // Reads all the time: what piles up in the queue would slow the broker's start down.
    using reader = new Reader(broker, QUEUE, ({ id }) => found.set(id, (found.get(id) ?? 0) + 1));
    for (const fleet of fleets) fleet.do({ do: "load" });
    await sleep(LOAD_MS);
    await broker.stop();
    progress("the broker is gone");
    await sleep(size.downSeconds * 1000);
    const startingAt = Date.now();
    await broker.start();
    // Its port opens a moment before this is known.
    const connects = () => fleets.flatMap((fleet) => fleet.connectsSince(startingAt));
    const backAt = Math.min(Date.now(), ...connects());
    progress("the broker is back");
    const timer = setInterval(
      () => progress(`${connects().length} sinks are back${others(fleets)}`),
      PROGRESS_MS,
    );
    await until(
      () => connects().length === size.processes * size.sinks,
      "all sinks to return",
      CONNECT_MS,
    ).finally(() => clearInterval(timer));
    progress("all sinks are back");
    for (const fleet of fleets) fleet.do({ do: "enough" });
    await until(() => fleets.every(({ pending }) => pending === 0), "all events to be delivered", CONNECT_MS);
    const settledMs = Date.now() - backAt;
    const opened = await openedOn(broker);
    const accepted = await Promise.all(fleets.map((fleet) => fleet.stop()));
    await reader.finish();
    const account = accountOf(found, accepted);
    return { ...returnOf(connects(), backAt), jitter, version: broker.version, account, opened, settledMs };
  } finally {
    for (const fleet of fleets) fleet[Symbol.dispose]();
    await broker.close();
  }
}

/** Why the other sinks are not back. */
function others(fleets: readonly Fleet[]): string {
  const sums = new Map<string, number>();
  for (const [reason, count] of fleets.flatMap(({ reasons }) => Object.entries(reasons)))
    sums.set(reason, (sums.get(reason) ?? 0) + count);
  return [...sums].map(([reason, count]) => `\n  ${count}: ${reason}`).join("");
}

function startFleets(size: Size, { jitter, sinkOptions }: RestartOptions, { url }: OwnBroker): Fleet[] {
  const { processes, sinks, perSecond } = size;
  const own = { url, exchange: EXCHANGE, queue: QUEUE, flushTimeout: 120 };
  const options: BrokerSinkOptions = { ...own, ...sinkOptions };
  return Array.from(
    { length: processes },
    (_, place) => new Fleet({ place, sinks, perSecond: perSecond / processes, options, jitter }),
  );
}

/** Since its start, by the statistics of the broker itself, which it brings up to date every five seconds. */
async function openedOn(broker: OwnBroker): Promise<number> {
  await sleep(6000);
  const { churn_rates: churn } = (await broker.manage("GET", "overview")) as {
    readonly churn_rates: { readonly connection_created?: number };
  };
  return churn.connection_created ?? 0;
}
