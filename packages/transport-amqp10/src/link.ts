import { TransportError } from "@streamll/core";
import type { OpenMessage } from "@streamll/transport-kit";
import type { Connection, Delivery } from "rhea";
import { answerOf } from "./answer.js";
import { type AttachedSender, attachSender, endText, whenAttached } from "./attach.js";
import type { Answer, Dialect, Encoded, Fault, LinkLimits } from "./dialect.js";
import { failure } from "./failure.js";
import { FaultError, faultOf } from "./fault.js";
import { AcceptedRun, type Group, messageAt, messagesOf, settleEach, settleRange } from "./group.js";
import { onFlow } from "./rhea.js";
import { SendWindow } from "./send-window.js";

/** What may be handed over before there is a link whose credit is known. */
export const BEFORE_CREDIT = 1024;
/** An unanswered delivery that is so many older than the newest does not delay a new session. */
const LEFT_BEHIND = 1024;

export interface LinkSetup {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly address: string;
  readonly confirms: boolean;
  /** The endpoint's, for messages. */
  readonly label: string;
  /** Called before each attach. */
  attaching(): Promise<void>;
  /** Called when its credit, or what waits in it, has changed. */
  changed(): void;
  /** Called with each answer other than accepted. */
  declined(answer: Answer): void;
  /** Called where the broker ended the session over one of these. */
  accused(open: readonly OpenMessage[], refusal: TransportError): void;
  /** Called after transfers that get no answer were handed to the socket. */
  written(then: () => void): void;
  /** Called when the link has ended and does not attach itself again. */
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
  #attached!: AttachedSender;
  #window!: SendWindow;
  #limits: LinkLimits = { maxMessageSize: Number.POSITIVE_INFINITY, properties: {} };
  readonly #acceptedRun = new AcceptedRun();

  constructor(setup: LinkSetup) {
    this.#setup = setup;
  }

  /** How many transfers may be handed over; of a link that is not open as many as it takes to have it opened. */
  get room(): number {
    if (this.#waiting.length > 0) return 0;
    if (this.#state === "detached") return BEFORE_CREDIT;
    return this.#state === "open" ? Math.max(0, this.#window.capacity) : 0;
  }

  /** Nothing waits in it, or for an answer. */
  get isIdle(): boolean {
    return this.#sent.size === 0 && this.#waiting.length === 0;
  }

  /** The other end has closed the window of the whole session, as RabbitMQ does under an alarm. */
  get isBlocked(): boolean {
    return this.#state === "open" && this.#window.isClosed;
  }

  /** Whether everything is answered, apart from deliveries so old that the broker seems never to answer them. */
  get #isAnswered(): boolean {
    const newest = [...this.#sent.keys()].at(-1);
    return newest === undefined || newest < this.#window.nextId - LEFT_BEHIND;
  }

  hand(group: Group): void {
    this.#waiting.push(group);
    this.#pump();
  }

  /** @throws FaultError, or what `attaching` threw. */
  async open(): Promise<void> {
    this.#state = "opening";
    await this.#setup.attaching();
    if (this.#state !== "opening") return;
    const attached = attachSender(this.#setup);
    const { session, sender } = attached;
    this.#attached = attached;
    this.#window = new SendWindow(session, sender);
    await whenAttached(attached, (stage, error) => {
      if (this.#attached === attached && this.#state === "open")
        this.#ended(faultOf(stage, error, endText(stage)));
    });
    if (this.#state !== "opening") return;
    this.#limits = {
      maxMessageSize: Number(sender.max_message_size) || Number.POSITIVE_INFINITY,
      properties: sender.properties ?? {},
    };
    this.#state = "open";
    // rhea has handled the flow by then: a peer that drains takes the credit away.
    onFlow(session, () => process.nextTick(() => this.#pump()));
    // Stops here, where rhea would carry it up to its container.
    sender.on("accepted", () => {});
    sender.on("settled", ({ delivery }) => delivery && this.#answered(delivery));
    sender.on("sender_draining", () => sender.set_drained(true));
    this.#pump();
  }

  /** Ends it in good order; resolves when the other end has read all that was sent. */
  close(): Promise<void> {
    if (this.#state !== "open") return Promise.resolve();
    this.#state = "closing";
    const { sender } = this.#attached;
    return new Promise((resolve) => {
      sender.once("sender_close", () => resolve());
      sender.close();
    });
  }

  /** Passes on what the broker said so far, and nothing more. */
  stop(): void {
    this.#acceptedRun.tell();
    this.#state = "stopped";
  }

  #ended(fault: Fault): void {
    const { dialect, failed, changed, label } = this.#setup;
    this.#acceptedRun.tell();
    // A link with deliveries under way was not idle: all of them go again, in order, on another connection.
    if (this.#sent.size > 0 || !dialect.isIdleDetach?.(fault)) {
      const error = dialect.failure(fault, label);
      return failed(
        this.#accuse(fault, error) ? new TransportError(error.kind, error.message, { cause: error }) : error,
      );
    }
    this.#leave();
    // A detached link has room again: what it is handed opens it.
    changed();
    this.#pump();
  }

  /** Messages that the broker names are refused, and the connection may be opened again at once: it takes all others. */
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

  /** The first address is a matter of the connection, which ends; any other is a matter of its own messages alone. */
  #notOpened(cause: unknown): void {
    const { dialect, address, failed, changed, label } = this.#setup;
    if (this.#state !== "opening") return;
    if (address === dialect.firstAddress || isOfConnection(cause)) return failed(cause);
    const error = failure(cause, dialect, `${label}: ${address}`);
    this.#state = "detached";
    if (cause instanceof FaultError) this.#attached.session.close();
    for (const group of this.#waiting.splice(0))
      settleRange(group, 0, group.indices.length, { kind: "refused", error });
    changed();
  }

  #leave(): void {
    this.#state = "detached";
    this.#attached.session.close();
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
    if (this.#window.isUsedUp && this.#isAnswered) {
      this.#leave();
      return this.#pump();
    }
    this.#send();
    this.#setup.changed();
  }

  #send(): void {
    const { dialect, written, confirms } = this.#setup;
    let room = this.#window.capacity;
    const unanswered: Sent[] = [];
    // Refusals are told at the end: the engine may hand over more as soon as it hears of one.
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
          const id = this.#window.send(encoded.payload, encoded.format);
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

  #answered(delivery: Delivery): void {
    if (this.#state === "stopped") return;
    const sent = this.#sent.get(delivery.id);
    if (sent === undefined || !this.#sent.delete(delivery.id)) return;
    const answer = answerOf(delivery);
    if (answer.outcome !== "accepted") this.#declined(sent, answer);
    else if (this.#acceptedRun.add(sent.group, sent.at)) process.nextTick(() => this.#tellAndPump());
  }

  #declined({ group, at }: Sent, answer: Answer): void {
    const { dialect, label } = this.#setup;
    this.#acceptedRun.tell();
    const outcome = dialect.outcomeOf(answer, label);
    this.#setup.declined(answer);
    if ("ends" in outcome) return this.#setup.failed(outcome.ends);
    settleEach(
      group,
      at,
      outcome.kind === "refused" && at.length > 1 ? { ...outcome, shared: at.length } : outcome,
    );
    process.nextTick(() => this.#tellAndPump());
  }

  #tellAndPump(): void {
    this.#acceptedRun.tell();
    this.#pump();
  }
}

/** A link that was refused ends with its attach; what its token was refused for is told as an error of ours. */
const isOfConnection = (cause: unknown): boolean =>
  cause instanceof FaultError ? cause.fault.stage !== "attach" : !(cause instanceof TransportError);
