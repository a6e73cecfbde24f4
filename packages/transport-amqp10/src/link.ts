import {
  type OutboundBatch,
  type OutboundMessage,
  type PublishOutcome,
  type Settle,
  TransportError,
} from "@streamll/core";
import type { OpenMessage } from "@streamll/transport-kit";
import type { Connection, Delivery, Sender, Session } from "rhea";
import { answerOf } from "./answer.js";
import type { Answer, Dialect, Encoded, Fault, LinkLimits, Transfer } from "./dialect.js";
import { failure } from "./failure.js";
import { FaultError, faultOf } from "./fault.js";
import {
  creditLimit,
  departed,
  isRefused,
  onFlow,
  quietOutcomes,
  sendTogether,
  sessionInside,
  settleEachByItself,
} from "./rhea.js";

/** What may be handed over before there is a link whose credit is known. */
export const BEFORE_CREDIT = 1024;
/** rhea does not wrap delivery ids and transfer ids, which have 32 bits: well before, a session is left for a new one. */
const LAST_ID = 2 ** 31;
/** What is so many deliveries older than the newest, and unanswered, holds up no new session. */
const LEFT_BEHIND = 1024;

/** Messages of one batch that go to one address. */
export interface Group {
  readonly batch: OutboundBatch;
  /** Where each is in its batch, in rising order. */
  readonly indices: readonly number[];
  readonly settle: Settle;
}

export interface LinkSetup {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly address: string;
  readonly confirms: boolean;
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

interface Sent {
  readonly group: Group;
  readonly at: readonly number[];
}

type State = "detached" | "opening" | "open" | "closing" | "stopped";

/** A sending link, with a session of its own: one without credit holds up all other links of its session. */
export class SenderLink {
  readonly #setup: LinkSetup;
  readonly #waiting: Group[] = [];
  #encoded: Encoded[] = [];
  /** Unanswered, by delivery id, in order. */
  readonly #sent = new Map<number, Sent>();
  #state: State = "detached";
  #session!: Session;
  #sender!: Sender;
  #limits: LinkLimits = { maxMessageSize: Number.POSITIVE_INFINITY, properties: {} };
  #sentCount = 0;
  #run: { group: Group; from: number; to: number } | undefined;

  constructor(setup: LinkSetup) {
    this.#setup = setup;
  }

  /** How many transfers may be handed over; of a link that is not open as many as it takes to have it opened. */
  get room(): number {
    if (this.#waiting.length > 0) return 0;
    if (this.#state === "detached") return BEFORE_CREDIT;
    return this.#state === "open" ? Math.max(0, this.#capacity) : 0;
  }

  /** Nothing waits in it, or for an answer. */
  get isIdle(): boolean {
    return this.#sent.size === 0 && this.#waiting.length === 0;
  }

  /** The other end has closed the window of the whole session, as RabbitMQ does under an alarm. */
  get isBlocked(): boolean {
    return this.#state === "open" && sessionInside(this.#session).outgoing.remote_window === 0;
  }

  /** Transfers that can go now without waiting in rhea. */
  get #capacity(): number {
    const { outgoing } = sessionInside(this.#session);
    if (!this.#sender.sendable() || this.#mustRecycle) return 0;
    const inRhea = this.#sentCount - departed(this.#sender);
    return Math.min(
      creditLimit(this.#sender) - this.#sentCount,
      LAST_ID - outgoing.next_delivery_id,
      outgoing.transfer_window() - inRhea,
    );
  }

  get #mustRecycle(): boolean {
    const { outgoing } = sessionInside(this.#session);
    return outgoing.next_delivery_id >= LAST_ID || outgoing.next_transfer_id >= LAST_ID;
  }

  /** But for what the broker seems never to answer. */
  get #isAnswered(): boolean {
    const { outgoing } = sessionInside(this.#session);
    const newest = [...this.#sent.keys()].at(-1);
    return newest === undefined || newest < outgoing.next_delivery_id - LEFT_BEHIND;
  }

  hand(group: Group): void {
    this.#waiting.push(group);
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
    quietOutcomes(session);
    settleEachByItself(session);
    session.begin();
    const sender = session.attach_sender({
      target: address === "" ? {} : { address },
      snd_settle_mode: confirms ? 0 : 1,
      rcv_settle_mode: 0,
      treat_modified_as_released: false,
    });
    this.#sender = sender;
    sendTogether(session, sender);
    this.#sentCount = 0;
    await this.#attached(session, sender);
    if (this.#state !== "opening") return;
    this.#limits = {
      maxMessageSize: Number(sender.max_message_size) || Number.POSITIVE_INFINITY,
      properties: sender.properties ?? {},
    };
    this.#state = "open";
    // Once rhea has done what it has to over it: a peer that drains takes the credit away.
    onFlow(session, () => process.nextTick(() => this.#pump()));
    // Stops here, where rhea would carry it up to its container.
    sender.on("accepted", () => {});
    sender.on("settled", ({ delivery }) => delivery && this.#answered(delivery));
    sender.on("sender_draining", () => sender.set_drained(true));
    this.#pump();
  }

  /** Rejects where it is refused, and listens for its end then. */
  #attached(session: Session, sender: Sender): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (stage: "link" | "session", error: Parameters<typeof faultOf>[1]) => {
        if (this.#sender !== sender || this.#state === "detached") return;
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
    const sender = this.#sender;
    return new Promise((resolve) => {
      sender.once("sender_close", () => resolve());
      sender.close();
    });
  }

  /** Passes on what the broker said so far, and nothing more. */
  stop(): void {
    this.#flush();
    this.#state = "stopped";
  }

  #flush(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run) settleRange(run.group, run.from, run.to, confirmed);
  }

  #ended(fault: Fault): void {
    const { dialect, failed, changed, label } = this.#setup;
    this.#flush();
    // With something under way it was not idle: all of it goes again, in order, on another connection.
    if (this.#sent.size > 0 || !dialect.isIdleDetach?.(fault)) {
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
    for (const { group, at } of this.#sent.values()) {
      for (const index of at) {
        const message = messageAt(group, index);
        if (message === undefined || !isMeant(message)) continue;
        open.push({
          message: message.detach(),
          refuse: (error) => settleRange(group, index, index + 1, { kind: "refused", error }),
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
    for (const group of this.#waiting.splice(0))
      settleRange(group, 0, group.indices.length, { kind: "refused", error });
    changed();
  }

  #leave(): void {
    this.#state = "detached";
    this.#session.close();
    const unanswered = [...this.#sent.values()];
    this.#sent.clear();
    for (const { group, at } of unanswered) settleEach(group, at, { kind: "unknown" });
  }

  #pump(): void {
    if (this.#state === "detached" && this.#waiting.length > 0) {
      this.open().catch((error) => this.#notOpened(error));
      return this.#setup.changed();
    }
    if (this.#state !== "open") return;
    if (this.#mustRecycle && this.#isAnswered) {
      this.#leave();
      return this.#pump();
    }
    this.#send();
    this.#setup.changed();
  }

  #send(): void {
    const { dialect, written, confirms } = this.#setup;
    let room = this.#capacity;
    const unanswered: Sent[] = [];
    // Told at the end: whoever hears of one may hand over more at once.
    const refusals: (() => void)[] = [];
    for (let group = this.#waiting[0]; group !== undefined; group = this.#waiting[0]) {
      if (this.#encoded.length === 0) this.#encoded = [...dialect.encode(messagesOf(group), this.#limits)];
      let taken = 0;
      for (const encoded of this.#encoded) {
        if ("error" in encoded) {
          const { at, error } = encoded;
          const to = group;
          refusals.push(() => settleEach(to, at, { kind: "refused", error }));
        } else if (room <= 0) break;
        else {
          room--;
          const sent = { group, at: encoded.at };
          const id = this.#transfer(encoded);
          if (confirms) this.#sent.set(id, sent);
          else unanswered.push(sent);
        }
        taken++;
      }
      this.#encoded.splice(0, taken);
      if (this.#encoded.length > 0) break;
      this.#waiting.shift();
    }
    if (unanswered.length > 0)
      written(() => {
        for (const { group, at } of unanswered) settleEach(group, at, { kind: "written" });
        this.#pump();
      });
    for (const tell of refusals) tell();
  }

  #transfer({ payload, format }: Transfer): number {
    this.#sentCount++;
    return this.#sender.send(payload, undefined, format).id;
  }

  #answered(delivery: Delivery): void {
    if (this.#state === "stopped") return;
    const sent = this.#sent.get(delivery.id);
    if (sent === undefined || !this.#sent.delete(delivery.id)) return;
    const answer = answerOf(delivery);
    if (answer.outcome === "accepted") this.#accepted(sent);
    else this.#declined(sent, answer);
  }

  /** Neighbours are told as one range: an answer is often for many. */
  #accepted({ group, at }: Sent): void {
    for (const index of at) {
      if (this.#run?.group === group && this.#run.to === index) this.#run.to++;
      else {
        if (this.#run) this.#flush();
        else process.nextTick(() => this.#flushAndPump());
        this.#run = { group, from: index, to: index + 1 };
      }
    }
  }

  #declined({ group, at }: Sent, answer: Answer): void {
    const { dialect, label } = this.#setup;
    this.#flush();
    const outcome = dialect.outcomeOf(answer, label);
    this.#setup.declined(answer);
    if ("ends" in outcome) return this.#setup.failed(outcome.ends);
    settleEach(
      group,
      at,
      outcome.kind === "refused" && at.length > 1 ? { ...outcome, shared: at.length } : outcome,
    );
    process.nextTick(() => this.#flushAndPump());
  }

  #flushAndPump(): void {
    this.#flush();
    this.#pump();
  }
}

/** A link that was refused ends with its attach; what its token was refused for is told as an error of ours. */
const isOfConnection = (cause: unknown): boolean =>
  cause instanceof FaultError ? cause.fault.stage !== "attach" : !(cause instanceof TransportError);

const messageAt = ({ batch, indices }: Group, at: number): OutboundMessage | undefined =>
  batch.at(indices[at]!);

/** With their place in the group. One that was settled while the link opened is left out. */
function* messagesOf(group: Group): Generator<[at: number, message: OutboundMessage]> {
  for (let at = 0; at < group.indices.length; at++) {
    const message = messageAt(group, at);
    if (message !== undefined) yield [at, message];
  }
}

const confirmed: PublishOutcome = { kind: "confirmed" };

function settleEach(group: Group, at: readonly number[], outcome: PublishOutcome): void {
  for (let i = 0; i < at.length; ) {
    const from = at[i]!;
    let to = from;
    while (at[i] === to) {
      i++;
      to++;
    }
    settleRange(group, from, to, outcome);
  }
}

function settleRange({ indices, settle }: Group, from: number, to: number, outcome: PublishOutcome): void {
  for (let at = from; at < to; ) {
    const first = indices[at]!;
    let next = first;
    while (at < to && indices[at] === next) {
      at++;
      next++;
    }
    settle(first, next, outcome);
  }
}
