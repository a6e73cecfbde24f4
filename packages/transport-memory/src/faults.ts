import { TransportError } from "@streamll/core";
import type { MemoryMessage } from "./message.js";

/** A client that is connected, or is connecting. */
export interface Client {
  /** Called when the broker blocks or unblocks, falls silent or wakes. */
  changed(): void;
  drop(error: TransportError): void;
}

/** What the broker does wrong now. */
export class Condition {
  readonly clients = new Set<Client>();
  silent = false;
  refusing = false;
  blocked: string | undefined;
  confirmDelayMs = 0;
  nacks: ((message: MemoryMessage) => boolean) | undefined;

  /** Changes the state, and tells every client. */
  change(what: Partial<Pick<Condition, "silent" | "blocked">>): void {
    Object.assign(this, what);
    for (const client of [...this.clients]) client.changed();
  }
}

/**
 * What can go wrong with a broker, on demand. Each lasts until it is ended.
 *
 * @example
 * const broker = new MemoryBroker();
 * broker.faults.block("low on memory");
 * broker.faults.unblock();
 */
export class Faults {
  readonly #now: Condition;

  constructor(condition: Condition) {
    this.#now = condition;
  }

  /**
   * Answers the next messages with a negative confirm and stores none of them: so many, or all for which a
   * function says so. `nack(0)` ends it.
   */
  nack(which: number | ((message: MemoryMessage) => boolean) = 1): void {
    if (typeof which === "function") {
      this.#now.nacks = which;
      return;
    }
    let left = which;
    this.#now.nacks = left > 0 ? () => left-- > 0 : undefined;
  }

  /** Tells every connection that it takes nothing, as RabbitMQ does under a memory or disk alarm. */
  block(reason = "low on memory"): void {
    this.#now.change({ blocked: reason });
  }

  unblock(): void {
    this.#now.change({ blocked: undefined });
  }

  /** Neither answers nor closes, as a frozen process does. What is sent to it waits. */
  silence(): void {
    this.#now.change({ silent: true });
  }

  wake(): void {
    this.#now.change({ silent: false });
  }

  /** Drops every connection. What it had not read is lost, and what it had not confirmed yet is stored. */
  disconnect(): void {
    for (const client of [...this.#now.clients]) {
      client.drop(
        new TransportError("unreachable", "320 CONNECTION_FORCED: the broker dropped the connection"),
      );
    }
  }

  /** Takes no new connections. Those that are open stay: {@link disconnect} drops them. */
  refuseConnections(): void {
    this.#now.refusing = true;
  }

  acceptConnections(): void {
    this.#now.refusing = false;
  }

  /** Stores at once, and confirms so many milliseconds later. 0 ends it. */
  delayConfirms(ms: number): void {
    this.#now.confirmDelayMs = ms;
  }

  /** Ends every fault. */
  heal(): void {
    this.nack(0);
    this.acceptConnections();
    this.delayConfirms(0);
    this.#now.change({ silent: false, blocked: undefined });
  }
}
