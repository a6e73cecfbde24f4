import { setTimeout as pause } from "node:timers/promises";
import type { Delivery, Verdict } from "@streamll/core";
import type { Receiver } from "rhea";
import { tellLost } from "../consuming/consuming-link.js";
import type { Amqp10Delivery, Lock } from "../consuming/delivery.js";
import type { Told } from "../consuming/settlements.js";
import type { Fault } from "../dialect.js";
import { FaultError } from "../fault.js";
import { types } from "../rhea.js";
import {
  cancelled,
  type EntityConsuming,
  type EntityLink,
  entityLink,
  giveBackAndClose,
  stopWithin,
} from "./entity-link.js";

/** A session without messages is left after so long, for another. */
const IDLE_MS = 1000;
/** Before a session is asked for again that another receiver has, or that was lost soon. */
const PAUSE_MS = 1000;
/** How long the service waits for a session that has messages. */
const ACCEPT_MS = 60_000;
const FILTER = "com.microsoft:session-filter";
const TAKEN = "com.microsoft:session-cannot-be-locked";
const NONE = "com.microsoft:timeout";
const nothing = Buffer.alloc(0);

export interface SessionSlotSetup {
  readonly consuming: EntityConsuming;
  /** `undefined`: whichever has messages. */
  readonly name: string | undefined;
  readonly window: number;
  receive(deliveries: readonly Amqp10Delivery[]): void;
}

/** A place for one session after another. */
export class SessionSlot {
  readonly #setup: SessionSlotSetup;
  readonly #stopped = new AbortController();
  #link: EntityLink | undefined;
  #left: ((fault: Fault | undefined) => void) | undefined;
  #idle: NodeJS.Timeout | undefined;
  #wasOpen = false;

  constructor(setup: SessionSlotSetup) {
    this.#setup = setup;
  }

  /**
   * Takes sessions until it is stopped.
   *
   * @param begun called once the first is there.
   * @throws FaultError, TransportError where none can be taken.
   */
  async run(begun: () => void): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const since = Date.now();
      try {
        const fault = await this.#useNext(begun);
        if (fault === undefined || Date.now() - since > PAUSE_MS) continue;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        const { fault = undefined } = error instanceof FaultError ? error : {};
        if (fault?.condition === NONE) continue;
        if (fault?.condition !== TAKEN)
          throw fault !== undefined && this.#wasOpen ? cancelled(this.#setup.consuming, fault) : error;
      }
      await pause(PAUSE_MS, undefined, { ref: false, signal: this.#stopped.signal }).catch(() => {});
    }
  }

  /** `false` for a delivery that is not open here. */
  settle(delivery: Amqp10Delivery, verdict: Verdict, told: Told): boolean {
    const isSettled = this.#link?.settle(delivery, verdict, told) ?? false;
    if (isSettled) this.#watchIdle();
    return isSettled;
  }

  holds(delivery: Delivery): boolean {
    return this.#link?.has(delivery as Amqp10Delivery) ?? false;
  }

  /** Takes no other session, and nothing more of this one. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#idle);
    const link = this.#link;
    if (link?.isOpen) await stopWithin(this.#setup.consuming, link);
    else link?.leave();
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#idle);
    if (this.#link !== undefined) await giveBackAndClose(this.#link);
  }

  leave(): void {
    this.#stopped.abort();
    clearTimeout(this.#idle);
    this.#link?.leave();
    this.#left?.(undefined);
  }

  /** Resolves when the session was left, or with why it was lost. */
  async #useNext(begun: () => void): Promise<Fault | undefined> {
    const { consuming, name, window, receive } = this.#setup;
    const { entity, attaching, request } = consuming;
    const lock: Lock = { token: nothing, until: 0 };
    await attaching(entity);
    if (this.#stopped.signal.aborted) return undefined;
    const left = new Promise<Fault | undefined>((resolve) => {
      this.#left = resolve;
    });
    const link = entityLink(consuming, {
      window: () => window,
      lock: () => lock,
      attach: {
        source: { address: entity, filter: { [FILTER]: name ?? null } },
        properties: { "com.microsoft:timeout": types.wrap_uint(ACCEPT_MS) },
      },
      receive: (deliveries) => {
        clearTimeout(this.#idle);
        receive(deliveries);
      },
      ended: (fault, pending) => {
        const { open } = link;
        this.#link = undefined;
        tellLost(pending);
        if (open.length > 0) request.lost?.(open);
        this.#left?.(fault);
      },
    });
    this.#link = link;
    lock.until = lockedUntil(await link.attach());
    this.#wasOpen = true;
    begun();
    this.#watchIdle();
    return await left;
  }

  #watchIdle(): void {
    const link = this.#link;
    if (this.#setup.name !== undefined || this.#stopped.signal.aborted || !link?.isEmpty) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(async () => {
      if (!link.isEmpty || this.#stopped.signal.aborted) return;
      await giveBackAndClose(link);
      this.#left?.(undefined);
    }, IDLE_MS).unref();
  }
}

/** A number of .NET's ticks: 100 ns since the year 1. */
function lockedUntil({ properties }: Receiver): number {
  const ticks = properties?.["com.microsoft:locked-until-utc"];
  const whole = Buffer.isBuffer(ticks) ? ticks.readBigInt64BE() : BigInt(Math.round(Number(ticks ?? 0)));
  return Number(whole / 10_000n - 62_135_596_800_000n);
}
