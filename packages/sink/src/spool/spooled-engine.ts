import { resolve as absolute } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger, Transport } from "@streamll/core";
import { DeliveryEngine, type DeliverySetup, logLine, textOf } from "@streamll/core/internal";
import type { Plan } from "../resolve.js";
import { destinationIn } from "./destination.js";
import { type OwnFolder, openFolder } from "./folder.js";
import { Orphans } from "./orphans.js";
import { spooledTransport } from "./spooled-transport.js";

/** How often a sink looks for folders of programs that have ended. */
const LOOK_MS = 10_000;
const LOOK_WHILE_DRAINING_MS = 500;

export interface EngineRequest
  extends Omit<DeliverySetup, "spool" | "transport" | "endpoints" | "options" | "logger"> {
  readonly plan: Plan;
  readonly logger: Logger;
  /** Makes a transport observable. */
  recorded(transport: Transport): Transport;
}

export interface SinkEngine {
  readonly engine: DeliveryEngine;
  /** Delivers what other programs have left in the directory of the spool. */
  readonly orphans?: Orphans;
}

/** The engine of a sink; with the option `spool`, one that keeps its events on disk. */
export function engineOf(request: EngineRequest): SinkEngine {
  const { plan, logger, recorded, ...setup } = request;
  const { transport, endpoints, delivery: options, values } = plan;
  if (values.spool === undefined)
    return {
      engine: new DeliveryEngine({ ...setup, transport: recorded(transport), endpoints, options, logger }),
    };
  const directory = absolute(values.spool.directory);
  const destination = destinationIn(plan);
  const orphans = new Orphans({
    ...{ directory, destination },
    intervalMs: LOOK_MS,
    async drain(folder, signal) {
      const sent = await drain(
        engineOn(request, async () => folder),
        signal,
      );
      const message = `delivered ${sent} events that another program had left in ${folder.path}`;
      const fields = { events: sent, directory: folder.path };
      if (sent > 0) logLine(logger, "spool_adopted", fields, message);
    },
    failed(path, error) {
      const message = `what other programs have left in the spool ${path} cannot be delivered: ${textOf(error)}`;
      logLine(logger, "spool_failed", { code: "SPOOL_UNREADABLE" }, message);
    },
  });
  return { engine: engineOn(request, () => openFolder(directory, destination)), orphans };
}

/** An engine whose spool is a folder that `open` takes: one that was left is delivered, and nothing new is accepted. */
export function engineOn(
  { plan, logger, recorded, ...setup }: EngineRequest,
  open: () => Promise<OwnFolder>,
): DeliveryEngine {
  const { endpoints, delivery: options, values } = plan;
  let folder: Promise<OwnFolder> | undefined;
  const opened = () => {
    folder ??= open();
    return folder;
  };
  const nameOf = () =>
    opened().then(
      ({ publisherName }) => publisherName,
      () => undefined,
    );
  const isNamed = plan.transport.capabilities.deduplication && values.publisherName === undefined;
  const transport = isNamed ? spooledTransport(plan.transport, nameOf, plan.transportNamed) : plan.transport;
  const spool = { ...values.spool!, open: opened };
  return new DeliveryEngine({ ...setup, transport: recorded(transport), endpoints, options, logger, spool });
}

/** Delivers what a program that has ended left in a folder, until `signal` is aborted. Returns how many events. */
async function drain(engine: DeliveryEngine, signal: AbortSignal): Promise<number> {
  // `start()` may wait for the broker for ever.
  const stop = () => void engine.stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await engine.start();
    do await pause(LOOK_WHILE_DRAINING_MS, undefined, { ref: false, signal });
    while (engine.unsettled > 0);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    await engine.stop();
  }
  return engine.totals().sent;
}
