import type { TransportError } from "@streamll/core";
import type { Dialect, Encoded, LinkLimits, Unsendable } from "../dialect.js";
import { bytesOf } from "../payload.js";
import { type Group, messagesOf, type Sent, settleTransfers } from "./group.js";
import type { RheaSender } from "./rhea-sender.js";
import type { TransferFrames } from "./transfer-frames.js";

/** Of a group, and what cannot be sent of it. */
export type Refused = Unsendable & { readonly group: Group };

export interface OutboxSetup {
  /** Of the connection. */
  readonly frames: TransferFrames;
  readonly encode: Dialect["encode"];
  /** Transfers were handed to the socket. */
  sent(sent: Sent): void;
}

/** What was handed to a link and is not sent yet, in order. */
export class Outbox {
  readonly #setup: OutboxSetup;
  readonly #groups: Group[] = [];
  /** What is left of the first group, and the first of it. */
  #encoded: Iterator<Encoded> | undefined;
  #next: Encoded | undefined;
  /** The places of the first group that were sent, or refused, in earlier turns. */
  readonly #gone = new Set<number>();
  /** Frames of a transfer that has begun: nothing goes before them. */
  #begun: Buffer[] = [];

  constructor(setup: OutboxSetup) {
    this.#setup = setup;
  }

  get isEmpty(): boolean {
    return this.#groups.length === 0 && this.#begun.length === 0;
  }

  /** Some frames of a transfer have left, and others wait. */
  get hasBegun(): boolean {
    return this.#begun.length > 0;
  }

  add(group: Group): void {
    this.#groups.push(group);
  }

  /** Sends what may go now. Those that it gives back were refused, and are to be settled when it is done. */
  send(sender: RheaSender, limits: LinkLimits): Refused[] {
    const { encode, frames, sent } = this.#setup;
    const refused: Refused[] = [];
    const all: Sent[] = [];
    this.#goOn(sender);
    for (let group = this.#groups[0]; group !== undefined; group = this.#groups[0]) {
      if (this.#encoded === undefined) {
        this.#encoded = encode(messagesOf(group), limits)[Symbol.iterator]();
        this.#advance();
      }
      const now = this.#sendGroup(group, sender, refused);
      all.push(now);
      if (this.#next !== undefined) {
        const ofGroup = refused.filter((one) => one.group === group).map(({ at }) => at);
        for (const place of [...now.places, ...ofGroup].flat()) this.#gone.add(place);
        break;
      }
      this.#forget();
      this.#groups.shift();
    }
    frames.flush();
    this.#keepNext();
    for (const one of all) if (one.places.length > 0) sent(one);
    return refused;
  }

  #sendGroup(group: Group, sender: RheaSender, refused: Refused[]): Sent {
    const { frames } = this.#setup;
    const firstId = sender.nextId;
    const places: (readonly number[])[] = [];
    while (this.#next !== undefined && this.#begun.length === 0) {
      const encoded = this.#next;
      if ("error" in encoded) refused.push({ ...encoded, group });
      else if (sender.room === 0) break;
      else {
        places.push(encoded.at);
        const several = frames.put(sender.next(encoded.format), encoded.payload);
        if (several === undefined) sender.countFrame();
        else this.#begin(several, sender);
      }
      this.#advance();
    }
    return { group, firstId, places };
  }

  /** The first group is done with. */
  #forget(): void {
    this.#encoded = undefined;
    this.#next = undefined;
    this.#gone.clear();
  }

  #advance(): void {
    this.#next = this.#encoded?.next().value;
  }

  /** It waits for a later turn, where its message may be gone. */
  #keepNext(): void {
    if (this.#next !== undefined && "payload" in this.#next && !Buffer.isBuffer(this.#next.payload))
      this.#next = { ...this.#next, payload: bytesOf(this.#next.payload) };
  }

  #begin(several: Buffer[], sender: RheaSender): void {
    this.#setup.frames.flush();
    this.#begun = several;
    this.#goOn(sender);
  }

  /** The window may close between the frames of a transfer. */
  #goOn(sender: RheaSender): void {
    while (this.#begun.length > 0 && sender.window > 0) {
      this.#setup.frames.write(this.#begun.shift()!);
      sender.countFrame();
    }
  }

  /** What is left of it cannot be sent. */
  refuse(error: TransportError): void {
    for (const group of this.#groups.splice(0)) {
      const left = group.indices.map((_, place) => place).filter((place) => !this.#gone.has(place));
      settleTransfers({ group, places: [left] }, 0, 1, { kind: "refused", error });
      this.#forget();
    }
  }
}
