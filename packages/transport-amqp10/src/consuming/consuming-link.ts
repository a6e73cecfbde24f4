import type { Delivery, Verdict } from "@streamll/core";
import { afterDrain } from "@streamll/transport-kit";
import type { Receiver, ReceiverOptions } from "rhea";
import { type Answered, answerOf } from "../answer.js";
import type { Fault } from "../dialect.js";
import type { Wire } from "../wire.js";
import { ReceiverLink } from "./receiver-link.js";
import type { DispositionSeen } from "./rhea-receiver.js";
import { dispositionsOf, type Settlement, Settlements, type Told } from "./settlements.js";
import type { TransferTap } from "./transfer-tap.js";

/** No window is larger. */
const MOST_AT_ONCE = 65_535;
const UNTRIED: Verdict = { kind: "again", failed: false };

export interface ConsumingLinkSetup<Own extends Delivery> {
  readonly wire: Wire;
  readonly tap: TransferTap;
  readonly attach: ReceiverOptions;
  /** Asked for each time that there may be room. */
  readonly window: () => number;
  /** The other end answers each settlement: it counts then, and not when it is written. */
  readonly answers: boolean;
  readonly stopsBy: "echo" | "drain";
  deliveryOf(payload: Buffer, tag: Buffer): Own;
  /** Encoded. */
  stateOf(verdict: Verdict): Buffer;
  receive(deliveries: readonly Own[]): void;
  /** The other end has taken deliveries back: others may have them. */
  lost(deliveries: readonly Own[]): void;
  /**
   * It was open, and is no more.
   *
   * @param pending were settled, and nobody was told of it yet.
   */
  ended(fault: Fault, pending: readonly Settlement<Own>[]): void;
}

/** Deliveries of one link, and what becomes of each. */
export class ConsumingLink<Own extends Delivery> {
  readonly #setup: ConsumingLinkSetup<Own>;
  readonly #link: ReceiverLink;
  readonly #settlements = new Settlements<Own>();
  /** Written, and maybe not yet taken by the network. */
  readonly #leaving = new Set<readonly Settlement<Own>[]>();
  /** Written, and to be answered. */
  readonly #unanswered = new Map<number, Settlement<Own>>();
  #arrived: Own[] = [];
  /** Came after `stop()`, and go back behind all that came before: a quorum queue hands them out in that order. */
  readonly #late = new Set<Own>();
  #isWriting = false;
  #isStopped = false;
  #whenAnswered: (() => void) | undefined;

  constructor(setup: ConsumingLinkSetup<Own>) {
    this.#setup = setup;
    const { wire, tap, attach, window, stopsBy } = setup;
    this.#link = new ReceiverLink({
      ...{ wire, tap, attach, window, stopsBy },
      arrived: (id, tag, payload) => this.#arrive(id, tag, payload),
      pause: () => this.#handOver(),
      answered: (disposition) => this.#answered(disposition),
      ended: (fault) => {
        this.#handOver();
        setup.ended(fault, this.#forget());
      },
    });
  }

  get isOpen(): boolean {
    return this.#link.isOpen;
  }

  get isEmpty(): boolean {
    return this.#settlements.size === 0;
  }

  has(delivery: Own): boolean {
    return this.#settlements.has(delivery);
  }

  /** Deliveries that are not settled, in the order in which they came. */
  get open(): readonly Own[] {
    return this.#settlements.open;
  }

  /** @throws FaultError */
  attach(): Promise<Receiver> {
    return this.#link.open();
  }

  /** `false` for a delivery that is not open here. */
  settle(delivery: Own, verdict: Verdict, told: Told): boolean {
    if (!this.#link.isOpen || !this.#settlements.settle(delivery, verdict, told)) return false;
    this.#writeLater();
    return true;
  }

  /** Others may come, where the window has grown. */
  grant(): void {
    this.#link.settle([], 0);
  }

  /** Takes nothing more; what has come can be settled. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#link.stop();
  }

  /** Writes what is settled, waits for its answers, and ends the link in good order. */
  async close(): Promise<void> {
    this.#write();
    if (this.#unanswered.size > 0 && this.#link.isOpen)
      await new Promise<void>((resolve) => {
        this.#whenAnswered = resolve;
      });
    await this.#link.close();
    tellLost(this.#forget());
  }

  /** Ends it at once. */
  leave(): void {
    this.#link.leave();
    tellLost(this.#forget());
  }

  #arrive(id: number, tag: Buffer, payload: Buffer): void {
    const delivery = this.#setup.deliveryOf(payload, tag);
    this.#settlements.add(delivery, id);
    if (!this.#isStopped) return void this.#arrived.push(delivery);
    this.#late.add(delivery);
    this.#writeLater();
  }

  #handOver(): void {
    if (this.#arrived.length === 0) return;
    const deliveries = this.#arrived;
    this.#arrived = [];
    this.#setup.receive(deliveries);
  }

  /** What is settled in one turn is written together. */
  #writeLater(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    setImmediate(() => this.#write());
  }

  #write(): void {
    this.#isWriting = false;
    if (!this.#link.isOpen) return;
    // Only a queue of RabbitMQ hands out in the order in which messages have come back.
    if (this.#setup.stopsBy === "drain" || this.#settlements.size <= this.#late.size) {
      for (const delivery of this.#late) this.#settlements.settle(delivery, UNTRIED, () => {});
      this.#late.clear();
    }
    if (!this.#settlements.isWaiting) return;
    const { answers, wire, stateOf } = this.#setup;
    const settlements = this.#settlements.take();
    if (answers) for (const one of settlements) this.#unanswered.set(one.id, one);
    else this.#leaving.add(settlements);
    this.#link.settle(dispositionsOf(settlements, stateOf, !answers), settlements.length);
    if (answers) return;
    afterDrain(wire.socket, () => {
      if (this.#leaving.delete(settlements)) for (const { told } of settlements) told("written");
    });
  }

  #answered({ first, last = first, settled, state }: DispositionSeen): void {
    const answer = answerOf(state);
    // Neither settled nor given up: it tells how far something has come.
    if (!settled && answer.outcome === "other") return;
    if ((last - first) >>> 0 > MOST_AT_ONCE)
      throw new Error("a disposition of more deliveries than there are");
    const lost: Own[] = [];
    for (let id = first; ; id = (id + 1) >>> 0) {
      const settlement = this.#unanswered.get(id);
      this.#unanswered.delete(id);
      const delivery = settlement === undefined ? this.#settlements.drop(id) : undefined;
      if (delivery !== undefined) {
        this.#late.delete(delivery);
        lost.push(delivery);
      }
      settlement?.told(isTaken(answer) ? "settled" : "lost");
      if (id === last) break;
    }
    if (lost.length > 0) {
      this.#link.settle([], lost.length);
      this.#setup.lost(lost);
      this.#writeLater();
    }
    if (this.#unanswered.size === 0) this.#whenAnswered?.();
  }

  /** Nothing more can be written. Gives what nobody was told of. */
  #forget(): readonly Settlement<Own>[] {
    this.#arrived = [];
    this.#late.clear();
    const pending = [...this.#unanswered.values(), ...[...this.#leaving].flat(), ...this.#settlements.take()];
    this.#leaving.clear();
    this.#unanswered.clear();
    this.#whenAnswered?.();
    return pending;
  }
}

export function tellLost(settlements: readonly Settlement[]): void {
  for (const { told } of settlements) told("lost");
}

/** Service Bus answers a settlement that comes too late by a rejection of its own, with an error. */
const isTaken = (answer: Answered): boolean =>
  answer.outcome !== "rejected" || answer.condition === undefined;
