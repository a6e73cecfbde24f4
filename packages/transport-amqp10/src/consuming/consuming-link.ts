import type { Delivery } from "@streamll/core";
import { afterDrain } from "@streamll/transport-kit";
import type { Receiver, ReceiverOptions } from "rhea";
import { type Answered, answerOf } from "../answer.js";
import type { Fault } from "../dialect.js";
import type { Wire } from "../wire.js";
import { ReceiverLink } from "./receiver-link.js";
import type { DispositionSeen } from "./rhea-receiver.js";
import { dispositionsOf, type Settlement, Settlements, type Told } from "./settlements.js";
import { RELEASED } from "./states.js";
import type { TransferTap } from "./transfer-tap.js";

export interface ConsumingLinkSetup<Own extends Delivery> {
  readonly wire: Wire;
  readonly tap: TransferTap;
  readonly attach: ReceiverOptions;
  readonly window: number;
  /** The other end answers each settlement: it counts then, and not when it is written. */
  readonly answers: boolean;
  deliveryOf(payload: Buffer, tag: Buffer): Own;
  receive(deliveries: readonly Own[]): void;
  /** The other end has taken deliveries back: others may have them. */
  lost(deliveries: readonly Own[]): void;
  /** It was open, and is no more. What was settled and not answered was told `lost`; what is open stays so. */
  ended(fault: Fault): void;
}

/** Deliveries of one link, and what becomes of each. */
export class ConsumingLink<Own extends Delivery> {
  readonly #setup: ConsumingLinkSetup<Own>;
  readonly #link: ReceiverLink;
  readonly #settlements = new Settlements<Own>();
  /** Written, and maybe not yet taken by the network. */
  readonly #leaving = new Set<readonly Settlement[]>();
  /** Written, and to be answered. */
  readonly #unanswered = new Map<number, Told>();
  #arrived: Own[] = [];
  #isWriting = false;
  #isStopped = false;
  #whenAnswered: (() => void) | undefined;

  constructor(setup: ConsumingLinkSetup<Own>) {
    this.#setup = setup;
    const { wire, tap, attach, window } = setup;
    this.#link = new ReceiverLink({
      ...{ wire, tap, attach, window },
      arrived: (id, tag, payload) => this.#arrive(id, tag, payload),
      pause: () => this.#handOver(),
      answered: (disposition) => this.#answered(disposition),
      ended: (fault) => {
        this.#forget();
        setup.ended(fault);
      },
    });
  }

  get isOpen(): boolean {
    return this.#link.isOpen;
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
  settle(delivery: Own, state: Buffer, told: Told): boolean {
    if (!this.#link.isOpen || !this.#settlements.settle(delivery, state, told)) return false;
    this.#writeLater();
    return true;
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
    this.#forget();
  }

  /** Ends it at once. */
  leave(): void {
    this.#link.leave();
    this.#forget();
  }

  #arrive(id: number, tag: Buffer, payload: Buffer): void {
    const delivery = this.#setup.deliveryOf(payload, tag);
    this.#settlements.add(delivery, id);
    // What was under way when it stopped is given back.
    if (this.#isStopped) this.settle(delivery, RELEASED, () => {});
    else this.#arrived.push(delivery);
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
    if (!this.#link.isOpen || !this.#settlements.isWaiting) return;
    const { answers, wire } = this.#setup;
    const settlements = this.#settlements.take();
    if (answers) for (const { id, told } of settlements) this.#unanswered.set(id, told);
    else this.#leaving.add(settlements);
    this.#link.settle(dispositionsOf(settlements, !answers), settlements.length);
    if (answers) return;
    afterDrain(wire.socket, () => {
      if (this.#leaving.delete(settlements)) for (const { told } of settlements) told("written");
    });
  }

  #answered({ first, last = first, settled, state }: DispositionSeen): void {
    if (!settled && state === undefined) return;
    const answer = answerOf(state);
    const lost: Own[] = [];
    for (let id = first; ; id = (id + 1) >>> 0) {
      const told = this.#unanswered.get(id);
      this.#unanswered.delete(id);
      const delivery = told === undefined ? this.#settlements.drop(id) : undefined;
      if (delivery !== undefined) lost.push(delivery);
      told?.(isTaken(answer) ? "settled" : "lost");
      if (id === last) break;
    }
    if (lost.length > 0) {
      this.#link.settle([], lost.length);
      this.#setup.lost(lost);
    }
    if (this.#unanswered.size === 0) this.#whenAnswered?.();
  }

  /** Nothing more can be written. */
  #forget(): void {
    this.#arrived = [];
    const waiting = [...[...this.#leaving].flat(), ...this.#settlements.take()].map(({ told }) => told);
    const all = [...waiting, ...this.#unanswered.values()];
    this.#leaving.clear();
    this.#unanswered.clear();
    for (const told of all) told("lost");
    this.#whenAnswered?.();
  }
}

/** Service Bus answers a settlement that comes too late by a rejection of its own, with an error. */
const isTaken = (answer: Answered): boolean =>
  answer.outcome !== "rejected" || answer.condition === undefined;
