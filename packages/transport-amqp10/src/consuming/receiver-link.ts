import type { Receiver, ReceiverOptions, Session } from "rhea";
import type { Fault } from "../dialect.js";
import { FaultError, faultOf } from "../fault.js";
import type { Wire } from "../wire.js";
import { type Disposition, dispositionFrame, type Flow, flowFrame } from "./frames.js";
import { type DispositionSeen, RheaReceiver } from "./rhea-receiver.js";
import type { TransferFrame, TransferTap } from "./transfer-tap.js";

export interface ReceiverSetup {
  readonly wire: Wire;
  readonly tap: TransferTap;
  /** Of the attach: source, settle mode, properties. */
  readonly attach: ReceiverOptions;
  /** Never more deliveries than this are unsettled: asked for each time that there may be room. */
  readonly window: () => number;
  /**
   * How the other end is stopped: `echo` takes the credit back; `drain` lets it be used up, where a peer may not
   * answer the other.
   */
  readonly stopsBy: "echo" | "drain";
  /** A whole delivery. */
  arrived(id: number, tag: Buffer, payload: Buffer): void;
  /** No delivery comes next in this turn. */
  pause(): void;
  /** What the other end says of deliveries. */
  answered(disposition: DispositionSeen): void;
  /** It was open, and the other end has ended it, or its session. */
  ended(fault: Fault): void;
}

interface Partial {
  readonly id: number;
  readonly tag: Buffer;
  readonly payloads: Buffer[];
}

/** A receiving link in a session of its own, with its credit and its dispositions. */
export class ReceiverLink {
  readonly #setup: ReceiverSetup;
  #session: Session | undefined;
  #rhea: RheaReceiver | undefined;
  #state: "new" | "opening" | "open" | "closed" = "new";
  /** Of deliveries that have begun, as the other end counts them: 32 bits. */
  #deliveryCount = 0;
  /** How many more may come. */
  #credit = 0;
  #unsettled = 0;
  #stopping: Promise<void> | undefined;
  #stopped: (() => void) | undefined;
  #giveUp: ((error: Error) => void) | undefined;
  /** A delivery of which frames are missing. */
  #partial: Partial | undefined;

  constructor(setup: ReceiverSetup) {
    this.#setup = setup;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /**
   * Resolves with the receiver, and what the other end has attached it with.
   *
   * @throws FaultError of stage `attach`.
   */
  async open(): Promise<Receiver> {
    const { wire, tap, attach } = this.#setup;
    this.#state = "opening";
    const session = wire.rhea.create_session();
    this.#session = session;
    session.begin();
    const receiver = session.attach_receiver({ ...attach, autoaccept: false, credit_window: 0 });
    await this.#attached(session, receiver);
    const rhea = new RheaReceiver(session, receiver, {
      flowed: (credit) => credit === 0 && this.#stopped?.(),
      answered: (disposition) => this.#setup.answered(disposition),
    });
    this.#rhea = rhea;
    this.#deliveryCount = rhea.initialDeliveryCount;
    this.#state = "open";
    tap.receive(rhea.remoteChannel, {
      transfer: (frame) => this.#transfer(rhea, frame),
      pause: () => this.#pause(rhea),
    });
    this.#grant();
    return receiver;
  }

  /** Writes what became of deliveries; `freed` of them are no longer unsettled, and others may come. */
  settle(dispositions: readonly Disposition[], freed: number): void {
    if (this.#rhea === undefined || this.#state !== "open") return;
    const { sink } = this.#setup.wire;
    for (const disposition of dispositions) sink.write(dispositionFrame(this.#rhea.channel, disposition));
    this.#unsettled -= freed;
    this.#grant();
  }

  /** Resolves when the other end says that nothing more comes, or can come. */
  stop(): Promise<void> {
    const { stopsBy } = this.#setup;
    this.#stopping ??= new Promise((resolve) => {
      if (this.#state !== "open") return resolve();
      this.#stopped = resolve;
      if (stopsBy === "echo") this.#credit = 0;
      this.#flow(stopsBy);
    });
    return this.#stopping;
  }

  /** Ends it in good order; resolves when the other end has read all that was sent. */
  async close(): Promise<void> {
    const receiver = this.#rhea?.receiver;
    if (this.#state === "open" && receiver !== undefined) {
      this.#state = "closed";
      await new Promise<void>((resolve) => {
        receiver.once("receiver_close", () => resolve());
        receiver.close();
      });
    }
    this.leave();
  }

  /** Takes nothing more, and waits for nothing. */
  leave(): void {
    this.#state = "closed";
    this.#stopped?.();
    this.#giveUp?.(new Error("The link was given up"));
    if (this.#rhea !== undefined) this.#setup.tap.leave(this.#rhea.remoteChannel);
    // The link first: rhea would detach it behind the end of its session.
    this.#rhea?.receiver.close();
    this.#session?.close();
  }

  #attached(session: Session, receiver: Receiver): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      const ended = (stage: "link" | "session", error: Parameters<typeof faultOf>[1]) => {
        if (this.#state === "closed") return;
        const wasOpen = this.#state === "open";
        const fault = faultOf(wasOpen ? stage : "attach", error, `the broker ended the ${stage}`);
        reject(new FaultError(fault));
        this.leave();
        if (wasOpen) this.#setup.ended(fault);
      };
      for (const event of ["receiver_error", "receiver_close"])
        receiver.on(event, () => ended("link", receiver.error));
      for (const event of ["session_error", "session_close"])
        session.on(event, () => ended("session", session.error));
      // One that refuses attaches it without a source, and detaches it then with the reason.
      receiver.once("receiver_open", () => receiver.source?.address && resolve());
    });
  }

  #transfer(rhea: RheaReceiver, frame: TransferFrame): void {
    rhea.countFrame();
    if (this.#state !== "open") return;
    const partial = this.#partial ?? this.#begun(frame);
    this.#partial = frame.more && !frame.aborted ? partial : undefined;
    partial.payloads.push(frame.payload);
    if (this.#partial !== undefined || frame.aborted) return;
    const { id, tag, payloads } = partial;
    this.#unsettled++;
    this.#setup.arrived(id, tag, payloads.length === 1 ? payloads[0]! : Buffer.concat(payloads));
  }

  #begun({ id, tag }: TransferFrame): Partial {
    if (id === undefined) throw new Error("a transfer has no delivery id");
    this.#deliveryCount = (this.#deliveryCount + 1) >>> 0;
    // After credit was taken back, what was under way still comes.
    if (this.#credit > 0) this.#credit--;
    return { id, tag, payloads: [] };
  }

  #pause(rhea: RheaReceiver): void {
    // Where nothing is settled meanwhile, what was owed before is granted now.
    if (this.#state === "open") this.#grant();
    if (rhea.isWindowLow && this.#state === "open") this.#flow("nothing");
    this.#setup.pause();
  }

  /** By a quarter of the window, or once there is none left. */
  #grant(): void {
    const window = this.#setup.window();
    const owed = window - this.#unsettled - this.#credit;
    if (this.#stopping !== undefined || owed <= 0 || (owed < window / 4 && this.#credit > 0)) return;
    this.#credit += owed;
    this.#flow("nothing");
  }

  #flow(asks: Flow["asks"]): void {
    const { channel, handle } = this.#rhea!;
    const link = { handle, deliveryCount: this.#deliveryCount, credit: this.#credit, asks };
    this.#setup.wire.sink.write(flowFrame(channel, { ...this.#rhea!.flowState(), ...link }));
  }
}
