import { EventLog } from "../buffer/event-log.js";
import { Kinds } from "../buffer/kinds.js";
import { joinsEvents } from "../buffer/packing.js";
import { EventDispatcher } from "../telemetry/event-dispatcher.js";
import { HealthMonitor } from "../telemetry/health-monitor.js";
import { LogThrottle } from "../telemetry/log-throttle.js";
import { Meter } from "../telemetry/meter.js";
import { Admission } from "./admission.js";
import { systemClock } from "./clock.js";
import { Connections } from "./connection/connections.js";
import type { EngineEvents } from "./engine-events.js";
import { LaneAffinity } from "./lane-affinity.js";
import { Ledger } from "./ledger.js";
import { Losses } from "./losses.js";
import { Settlement } from "./settlement.js";
import type { DeliverySetup } from "./setup.js";
import { Shutdown } from "./shutdown.js";
import { issuesOf } from "./snapshot.js";
import { Spooling } from "./spool/spooling.js";
import { Upkeep } from "./upkeep.js";

/** What the parts of an engine ask and tell it. */
export interface EngineHooks {
  isRunning(): boolean;
  /** An event is settled. */
  freed(): void;
}

/** The parts of an engine, each with those that it needs. Parts that need each other are asked for when they are used. */
export function engineParts(setup: DeliverySetup, engine: EngineHooks) {
  const { transport, endpoints, options, logger, deadLetter, spool } = setup;
  const { clock = systemClock, random = Math.random } = setup;
  const log = new EventLog(options.maxBufferedBytes, joinsEvents(options.packing) ? new Kinds() : undefined);
  const ledger = new Ledger(spool !== undefined);
  const affinity = new LaneAffinity(transport.partitions ?? options.connectionPoolSize);
  const meter = new Meter(() => clock.now());
  const throttle = new LogThrottle(clock, logger);
  const events = new EventDispatcher<EngineEvents>(clock, logger);
  const shared = { log, ledger, affinity, clock, logger, options, throttle, events, meter };
  const losses = new Losses({
    ...shared,
    reason: () => connections.lastError,
    saved: () => spooling?.save() ?? false,
  });
  const spooling: Spooling | undefined =
    spool &&
    new Spooling({
      ...shared,
      losses,
      spool,
      settlement: () => settlement,
      chooseLane: (hash) => connections.choose(hash),
      freed: () => admission.freed(),
    });
  const connections: Connections = new Connections({
    ...shared,
    spooling: spooling?.kept,
    transport,
    endpoints,
    random,
    outcomes: () => settlement,
    running: () => engine.isRunning(),
  });
  const settlement: Settlement = new Settlement({
    ...shared,
    losses,
    spooling,
    deadLetter,
    deliveryTimeoutMs: options.deliveryTimeoutMs,
    freed: () => engine.freed(),
  });
  const admission: Admission = new Admission({
    ...shared,
    settlement,
    losses,
    spooling,
    maxMessageBytes: transport.capabilities.maxMessageBytes ?? Number.POSITIVE_INFINITY,
    lanes: () => connections.lanes,
    chooseLane: (hash) => connections.choose(hash),
  });
  const monitor = new HealthMonitor({
    clock,
    throttle,
    find: () => issuesOf({ ...shared, spooling, connections }),
    emit: (name, problem) => events.emit(name, [problem]),
  });
  const upkeep = new Upkeep({ ...shared, lanes: () => connections.lanes });
  const shutdown = new Shutdown({ ...shared, connections, settlement, monitor, spooling });
  return {
    ...{ clock, log, ledger, meter, throttle, events, losses, spooling },
    ...{ connections, settlement, admission, monitor, upkeep, shutdown },
  };
}
