import { type Broker, type Cluster, connectBrokers, startCluster } from "@streamll/brokers";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { protocolNames } from "../table.js";
import type { ConsumingFault, FaultOfReading } from "./fault.js";
import { consumingFaults, protocolsAt } from "./matrix/index.js";
import type { ReplayFault } from "./replay/fault.js";
import type { ConsumingResult } from "./result.js";
import { runFault } from "./run-fault.js";
import type { ConsumingPlace, ConsumingProtocol, Seat } from "./seat.js";

type AnyFault = ConsumingFault | ReplayFault;

/** Which faults are run, and where. */
export interface Choice {
  isAsked(fault: FaultOfReading): boolean;
  /** Only this protocol. */
  readonly over: string | undefined;
  /** Only where the version begins so. */
  readonly on: string;
  /** Only what `npm run test:slow` runs too. */
  readonly fast: boolean;
}

/** Runs them one after another, and tells of each. */
export async function runConsumingFaults(choice: Choice): Promise<readonly ConsumingResult[]> {
  const asked = consumingFaults.filter(choice.isAsked);
  const brokers = await connectBrokers();
  try {
    await using bus = await startFakeServiceBus();
    const places = [
      ...brokers.all.map((place) => ({ place, version: place.version })),
      { place: bus, version: "as Service Bus" },
    ].filter(({ version }) => version.startsWith(choice.on));
    const seats = asked.flatMap((fault) =>
      places.flatMap(({ place }) => seatsAt(fault, place, protocolsAt(fault, place), choice)),
    );
    const results: ConsumingResult[] = [];
    for (const seat of seats) results.push(toldOf(await runFault(seat)));
    return [...results, ...(await onCluster(asked, brokers.all.at(-1)!, choice))];
  } finally {
    await brokers.close();
  }
}

const seatsAt = (
  fault: AnyFault,
  place: ConsumingPlace,
  protocols: readonly ConsumingProtocol[],
  { over, fast }: Choice,
  cluster?: Cluster,
): Seat<AnyFault>[] =>
  protocols
    .filter((one) => one === (over ?? one) && (!fast || fault.fast?.includes(one)))
    .map((one) => ({ fault, over: one, place, cluster }));

/** Of the newest broker: nothing, where others are asked for. */
async function onCluster(
  asked: readonly AnyFault[],
  newest: Broker,
  choice: Choice,
): Promise<ConsumingResult[]> {
  const faults = asked.filter(({ on }) => on === "cluster");
  const isNone = faults.every((fault) => seatsAt(fault, newest, fault.over ?? ["amqp"], choice).length === 0);
  if (isNone || !newest.version.startsWith(choice.on)) return [];
  const cluster = await startCluster();
  try {
    const results: ConsumingResult[] = [];
    for (const fault of faults)
      for (const seat of seatsAt(fault, cluster.nodes[0]!, fault.over ?? ["amqp"], choice, cluster)) {
        const result = await runFault(seat);
        results.push(toldOf({ ...result, version: `${result.version} × 3` }));
      }
    return results;
  } finally {
    await cluster.close();
  }
}

function toldOf(result: ConsumingResult): ConsumingResult {
  const { number, title, over, version, deviations } = result;
  const verdict = deviations.length === 0 ? "ok  " : "FAIL";
  console.error(`${verdict} ${number} ${title}, over ${protocolNames[over]} (${version})`);
  for (const deviation of deviations) console.error(`       ${deviation}`);
  return result;
}
