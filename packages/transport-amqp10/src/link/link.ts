import { TransportError } from "@streamll/core";
import { ConfirmWindow, type Flight, type OpenMessage } from "@streamll/transport-kit";
import type { Connection, Sender, Session } from "rhea";
import type { Answered } from "../answer.js";
import type { Answer, Dialect, Fault, LinkLimits } from "../dialect.js";
import { failure } from "../failure.js";
import { FaultError, faultOf } from "../fault.js";
import { type Group, messageAt, type Sent, settleTransfers } from "./group.js";
import { Outbox } from "./outbox.js";
import { isRefused, onFlow, RheaSender } from "./rhea-sender.js";
import type { TransferFrames } from "./transfer-frames.js";

/** What may be handed over before there is a link whose credit is known. */
export const BEFORE_CREDIT = 1024;
/** What is so many deliveries older than the newest, and unanswered, holds up no new session. */
const LEFT_BEHIND = 1024;

export interface LinkSetup {
  readonly connection: Connection;
  /** Of the connection. */
  readonly frames: TransferFrames;
  readonly dialect: Dialect;
  readonly address: string;
  readonly confirms: boolean;
  /** The user of the connection, where that is known. */
  readonly user: string | undefined;
  /** The endpoint's, for messages. */
  readonly label: string;
  /** Before each attach. */
  attaching(): Promise<void>;
  /** Its credit, or what waits in it, is another. */
  changed(): void;
  /** An answer other than accepted came. */
  declined(answer: Answer): void;
  /** The broker ended the session over one of these. */
  accused(open: readonly OpenMessage[], refusal: TransportError): void;
  /** Transfers were handed to the socket that get no answer. */
  written(then: () => void): void;
  /** It came to an end that it does not mend itself. */
  failed(error: unknown): void;
}

type State = "detached" | "opening" | "open" | "closing" | "stopped";

/** A sending link, with a session of its own: one without credit holds up all other links of its session. */
export class SenderLink {
  readonly #setup: LinkSetup;
  readonly #outbox: Outbox;
  #sent = new ConfirmWindow<Sent>();
  #state: State = "detached";
  #session!: Session;
  #sender!: RheaSender;
  #limits: LinkLimits = { maxMessageSize: Number.POSITIVE_INFINITY, properties: {} };
  #isPumpDue = false;

  constructor(setup: LinkSetup) {
    this.#setup = setup;
    const { frames, dialect, confirms, written } = setup;
    this.#outbox = new Outbox({
      frames,
      encode: dialect.encode,
      sent: confirms
        ? (sent) => this.#await(sent)
        : (sent) =>
            written(() => {
              if (this.#state === "stopped") return;
              settleTransfers(sent, 0, sent.places.length, { kind: "written" });
              this.#pump();
            }),
    });
  }

  /** How many transfers may be handed over; of a link that is not open as many as it takes to have it opened. */
  get room(): number {
    if (!this.#outbox.isEmpty) return 0;
    if (this.#state === "detached") return BEFORE_CREDIT;
    return this.#state === "open" ? this.#sender.room : 0;
  }

  /** Nothing waits in it, or for an answer. */
  get isIdle(): boolean {
    return this.#sent.unconfirmed === 0 && this.#outbox.isEmpty;
  }

  /** The broker takes nothing of the whole session. */
  get isBlocked(): boolean {
    return this.#state === "open" && this.#sender.isBlocked;
  }

  /** But for what the broker seems never to answer. */
  get #isAnswered(): boolean {
    const recent = this.#sent.flights(this.#sender.nextId - LEFT_BEHIND);
    return [...recent].every(({ open }) => open === 0);
  }

  hand(group: Group): void {
    this.#outbox.add(group);
    this.#pump();
  }

  /** @throws FaultError, or what `attaching` threw. */
  async open(): Promise<void> {
    const { connection, address, confirms, attaching } = this.#setup;
    this.#state = "opening";
    await attaching();
    if (this.#state !== "opening") return;
    const session = connection.create_session();
    this.#session = session;
    session.begin();
    const sender = session.attach_sender({
      target: address === "" ? {} : { address },
      snd_settle_mode: confirms ? 0 : 1,
      rcv_settle_mode: 0,
      treat_modified_as_released: false,
    });
    const own = new RheaSender(session, sender, !confirms, (first, last, answer) => {
      // Not of a session that was left: its ids are those of others now.
      if (this.#sender === own) this.#answered(first, last, answer);
    });
    this.#sender = own;
    await this.#attached(session, sender);
    if (this.#state !== "opening") return;
    this.#limits = {
      user: this.#setup.user,
      maxMessageSize: Number(sender.max_message_size) || Number.POSITIVE_INFINITY,
      properties: sender.properties ?? {},
    };
    this.#state = "open";
    // Not at once: a peer that drains takes the credit away.
    onFlow(session, () => this.#pumpSoon());
    sender.on("sender_draining", () => own.drain());
    this.#pump();
  }

  /** Rejects where it is refused, and listens for its end then. */
  #attached(session: Session, sender: Sender): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (stage: "link" | "session", error: Parameters<typeof faultOf>[1]) => {
        if (this.#sender.sender !== sender || this.#state === "detached") return;
        const isOpen = this.#state === "open";
        const fault = faultOf(isOpen ? stage : "attach", error, `the broker ended the ${stage}`);
        reject(new FaultError(fault));
        if (isOpen) this.#ended(fault);
      };
      for (const event of ["sender_error", "sender_close"])
        sender.on(event, () => ended("link", sender.error));
      for (const event of ["session_error", "session_close"])
        session.on(event, () => ended("session", session.error));
      sender.once("sender_open", () => {
        if (!isRefused(sender)) resolve();
      });
    });
  }

  /** Ends it in good order; resolves when the other end has read all that was sent. */
  close(): Promise<void> {
    if (this.#state !== "open") return Promise.resolve();
    this.#state = "closing";
    const { sender } = this.#sender;
    return new Promise((resolve) => {
      sender.once("sender_close", () => resolve());
      sender.close();
    });
  }

  /** Passes on what the broker said so far, and nothing more. */
  stop(): void {
    this.#state = "stopped";
  }

  #ended(fault: Fault): void {
    const { dialect, failed, changed, label } = this.#setup;
    // With something under way it was not idle: all of it goes again, in order, on another connection.
    if (this.#sent.unconfirmed > 0 || this.#outbox.hasBegun || !dialect.isIdleDetach?.(fault)) {
      const error = dialect.failure(fault, label);
      return failed(
        this.#accuse(fault, error) ? new TransportError(error.kind, error.message, { cause: error }) : error,
      );
    }
    this.#leave();
    // Without credit so far it has room again, for what opens it.
    changed();
    this.#pump();
  }

  /** Whom the broker names is refused, and the connection may be opened again at once: it takes all others. */
  #accuse(fault: Fault, { kind, message, cause }: TransportError): boolean {
    const { dialect, accused } = this.#setup;
    const isMeant = dialect.accused?.(fault);
    if (!isMeant) return false;
    const open: OpenMessage[] = [];
    for (const flight of this.#sent.flights()) {
      for (let transfer = flight.head; transfer < flight.count; transfer++) {
        const { group, places } = flight.kept!;
        // Of a transfer with several messages the broker names none.
        const message = messageAt(group, places[transfer]![0]!);
        if (flight.isAnswered(transfer) || message === undefined || !isMeant(message)) continue;
        open.push({
          message: message.detach(),
          refuse: (error) => flight.settle(transfer, transfer + 1, { kind: "refused", error }),
        });
      }
    }
    if (open.length === 0) return false;
    accused(open, new TransportError(kind, message, { cause, permanent: true }));
    return true;
  }

  /** Of an address that is there from the start the next connect says more; another is a matter of its own messages. */
  #notOpened(cause: unknown): void {
    const { dialect, address, failed, changed, label } = this.#setup;
    if (this.#state !== "opening") return;
    if (address === dialect.firstAddress || isOfConnection(cause)) return failed(cause);
    const error = failure(cause, dialect, `${label}: ${address}`);
    this.#state = "detached";
    if (cause instanceof FaultError) this.#session.close();
    this.#outbox.refuse(error);
    changed();
  }

  #leave(): void {
    this.#state = "detached";
    // The link first: rhea would detach it behind the end of its session.
    this.#sender.sender.close();
    this.#session.close();
    const left = this.#sent;
    this.#sent = new ConfirmWindow();
    for (const flight of left.flights()) flight.settle(0, flight.count, { kind: "unknown" });
  }

  #pump(): void {
    if (this.#state === "detached" && !this.#outbox.isEmpty) {
      this.open().catch((error) => this.#notOpened(error));
      return this.#setup.changed();
    }
    if (this.#state !== "open") return;
    if (this.#sender.isUsedUp && this.#isAnswered && !this.#outbox.hasBegun) {
      this.#leave();
      // Without credit so far it has room again, for what opens it.
      this.#setup.changed();
      return this.#pump();
    }
    // Told at the end: whoever hears of one may hand over more at once.
    for (const { group, at, error } of this.#outbox.send(this.#sender, this.#limits))
      settleTransfers({ group, places: [at] }, 0, 1, { kind: "refused", error });
    this.#setup.changed();
  }

  #await(sent: Sent): void {
    const { firstId: first, places } = sent;
    const count = places.length;
    this.#sent.add({
      first,
      last: first + count - 1,
      count,
      settle: (from, to, outcome) => settleTransfers(sent, from, to, outcome),
      kept: sent,
    });
  }

  #answered(first: number, last: number, answer: Answered): void {
    if (this.#state === "stopped") return;
    for (const flight of this.#sent.flights(first)) {
      if (flight.first > last) break;
      const from = Math.max(first, flight.first) - flight.first;
      const to = Math.min(last, flight.last) + 1 - flight.first;
      if (answer.outcome === "accepted") flight.settle(from, to, { kind: "confirmed" });
      else this.#declined(flight, from, to, answer);
    }
    this.#sent.forget();
    this.#pumpSoon();
  }

  #declined(flight: Flight<Sent>, from: number, to: number, answer: Answer): void {
    const { dialect, label, declined, failed } = this.#setup;
    declined(answer);
    const outcome = dialect.outcomeOf(answer, label);
    if ("ends" in outcome) return failed(outcome.ends);
    for (let transfer = from; transfer < to; transfer++) {
      const messages = flight.kept?.places[transfer]?.length ?? 0;
      const isShared = outcome.kind === "refused" && messages > 1;
      flight.settle(transfer, transfer + 1, isShared ? { ...outcome, shared: messages } : outcome);
    }
  }

  /** Once rhea has done what it has to over what it just read. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    process.nextTick(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }
}

/** A link that was refused ends with its attach; what its token was refused for is told as an error of ours. */
const isOfConnection = (cause: unknown): boolean =>
  cause instanceof FaultError ? cause.fault.stage !== "attach" : !(cause instanceof TransportError);
