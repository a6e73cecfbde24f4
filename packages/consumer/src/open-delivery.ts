import {
  DeadLetter,
  type Delivery,
  type HandlerContext,
  RetryLater,
  type SettlementOutcome,
  StreamllError,
  type StreamllEvent,
} from "@streamll/core";
import { GivenBack, withResolvers } from "@streamll/core/internal";
import { HandledMessage } from "./handled-message.js";
import type { EventInHand } from "./options/consumer-options.js";

/** An event whose verdict its taker gives, by a call of its own. Its time runs from {@link take} on. */
export class OpenDelivery extends HandledMessage implements EventInHand {
  readonly event: StreamllEvent;
  /** Settles with the verdict. */
  readonly verdict: Promise<void>;
  readonly isAlone: boolean;
  readonly #context: HandlerContext;
  readonly #decide: (verdict: { readonly error?: unknown }) => void;
  /** Resolves once it has a verdict, or its time is over. */
  readonly #closed = withResolvers<void>();
  readonly #told = withResolvers<SettlementOutcome>();
  #state: "open" | "done" | "other" = "open";

  constructor(message: Delivery, context: HandlerContext, event: StreamllEvent) {
    super(message, context);
    this.event = event;
    this.isAlone = context.isAlone;
    this.#context = context;
    const { promise, resolve, reject } = withResolvers<void>();
    this.verdict = promise;
    this.#decide = (verdict) => {
      if ("error" in verdict) reject(verdict.error);
      else resolve();
      this.#closed.resolve();
    };
    context.hold();
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  take(): void {
    this.#context.begin();
    this.signal.addEventListener("abort", () => this.#closed.resolve(), { once: true });
  }

  done(): Promise<SettlementOutcome> {
    if (this.#state === "open") this.#state = this.#context.isOver ? "other" : "done";
    if (this.#state === "other") return Promise.resolve("lost");
    this.#decide({});
    return this.#told.promise;
  }

  retry(delayMs?: number): void {
    if (delayMs === undefined)
      this.fail(new StreamllError("HANDLER_FAILED", "the event was given to another try"));
    else this.fail(new RetryLater(delayMs));
  }

  dead(code: string, why: string): void {
    this.fail(new DeadLetter(code, why));
  }

  giveBack(): void {
    this.fail(new GivenBack());
  }

  /** Does nothing where it has a verdict. */
  fail(error: unknown): void {
    if (this.#state !== "open") return;
    this.#state = "other";
    this.#decide({ error });
  }

  /** What became of its last verdict. */
  settled(outcome: SettlementOutcome): void {
    this.#told.resolve(outcome);
  }
}

/** Those that have no settlement yet, by their messages. */
export class OpenDeliveries {
  readonly #open = new Map<Delivery, OpenDelivery>();

  open(message: Delivery, context: HandlerContext, event: StreamllEvent): OpenDelivery {
    const delivery = new OpenDelivery(message, context, event);
    // Of an earlier try.
    this.#open.get(message)?.settled("lost");
    this.#open.set(message, delivery);
    return delivery;
  }

  settled(message: Delivery, outcome: SettlementOutcome): void {
    this.#open.get(message)?.settled(outcome);
    this.#open.delete(message);
  }
}
