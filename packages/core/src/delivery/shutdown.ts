import { setMaxListeners } from "node:events";
import type { EventDispatcher } from "../telemetry/event-dispatcher.js";
import type { HealthMonitor } from "../telemetry/health-monitor.js";
import type { Clock } from "./clock.js";
import type { Connections } from "./connection/connections.js";
import type { EngineEvents } from "./engine-events.js";
import type { Ledger } from "./ledger.js";
import type { DeliveryOptions } from "./options.js";
import { within } from "./promises.js";
import type { FlushReport } from "./report.js";
import type { Settlement } from "./settlement.js";
import type { Spooling } from "./spool/spooling.js";

/** At most this much of `flushTimeout` is reserved for closing the connections. */
const CLOSING_MS = 2000;

/** At least this much the spool has to write what waits, even after `flushTimeout`. */
const SPOOL_CLOSING_MS = 1000;

export interface ShutdownSetup {
  readonly clock: Clock;
  readonly options: DeliveryOptions;
  readonly ledger: Ledger;
  readonly events: EventDispatcher<EngineEvents>;
  readonly connections: Connections;
  readonly settlement: Settlement;
  readonly monitor: HealthMonitor;
  readonly spooling: Spooling | undefined;
}

/** Delivers the accepted events, and shuts the engine down. */
export class Shutdown {
  readonly #setup: ShutdownSetup;

  constructor(setup: ShutdownSetup) {
    this.#setup = setup;
  }

  /** Waits until all events accepted by now are settled, or every address refuses the connection for good. */
  async drain(timeoutMs: number): Promise<FlushReport> {
    const { clock, ledger, connections, events, spooling } = this.#setup;
    const startedAt = clock.now();
    // What an earlier program has left counts too.
    if (spooling?.isSearching) await within(clock, timeoutMs, spooling.searched());
    const barrier = ledger.barrier();
    if (barrier.unsettled > 0) {
      for (const lane of connections.lanes) lane.hurry();
      const refused = connections.hear(connections.ask(), (errors) =>
        connections.isRefusedEverywhere(errors),
      );
      connections.flushes++;
      await within(clock, timeoutMs - (clock.now() - startedAt), Promise.race([barrier.done, refused.news]));
      connections.flushes--;
      refused.cancel();
    }
    events.drain();
    const report = barrier.report(clock.now() - startedAt);
    barrier.release();
    return report;
  }

  /** Waits as {@link drain} does, but leaves time to close the connections by `deadline` too. */
  drainFor(deadline: number): Promise<FlushReport> {
    const { clock, options } = this.#setup;
    return this.drain(deadline - Math.min(CLOSING_MS, options.flushTimeoutMs / 5) - clock.now());
  }

  /** Delivers, fails what could not be delivered, and closes the connections, all by `deadline`. */
  async deliverAndClose(deadline: number): Promise<void> {
    const { clock, connections, settlement, monitor, spooling } = this.#setup;
    await this.drainFor(deadline);
    // Connections that are closed on purpose must not show as problems.
    monitor.stop();
    const { lastError } = connections;
    spooling?.failUnwritten();
    for (const slot of connections.lanes.flatMap((lane) => lane.drain())) {
      if (spooling?.kept.leaves(slot)) settlement.leave(slot);
      else settlement.failAtStop(slot, lastError);
    }
    const closing = new AbortController();
    // Each connection adds a listener, and Node warns about an eleventh.
    setMaxListeners(0, closing.signal);
    await within(clock, deadline - clock.now(), connections.close(closing.signal));
    closing.abort();
    // A disk that does not answer must not hold the program.
    if (spooling !== undefined)
      await within(clock, Math.max(SPOOL_CLOSING_MS, deadline - clock.now()), spooling.close());
  }
}
