import type { EventLog } from "../../buffer/event-log.js";
import { MAYBE_STORED, NUMBERED } from "../../buffer/slots.js";
import type { TransportError } from "../../errors.js";
import type { PublishOutcome } from "../../transport.js";
import { fullJitter } from "../backoff.js";
import type { LaneSetup } from "./lane-setup.js";
import type { PoisonSearch } from "./poison.js";
import type { Retries } from "./retries.js";
import { decide, decideTry } from "./retry.js";
import type { SendQueue } from "./send-queue.js";
import type { Sequences } from "./sequences.js";
import type { Throttle } from "./throttle.js";

export interface OutcomeHandlerSetup
  extends Pick<LaneSetup, "log" | "options" | "random" | "deduplication" | "outcomes"> {
  readonly queue: SendQueue;
  readonly retries: Retries;
  readonly sequences: Sequences;
  readonly poison: PoisonSearch;
  readonly throttle: Throttle;
  /** An event is due for its retry. */
  again(slot: number): void;
}

/** Carries out what {@link decide} decides for events whose outcome the transport has reported. */
export class OutcomeHandler {
  readonly #setup: OutcomeHandlerSetup;
  readonly #log: EventLog;

  constructor(setup: OutcomeHandlerSetup) {
    this.#setup = setup;
    this.#log = setup.log;
  }

  /** Returns the reason if the connection has to be abandoned. */
  handle(landed: readonly number[], outcome: PublishOutcome, latencyMs: number): TransportError | undefined {
    const { outcomes, deduplication, queue, poison, sequences, throttle } = this.#setup;
    const events = this.#log.eventsIn(landed);
    outcomes.cameBack(events);
    const numbered = this.#log.has(landed[0]!, NUMBERED);
    const decision = decide(outcome, { events, deduplication, numbered });
    const slots = decision.do === "sent" ? landed : this.#log.apart(landed);
    switch (decision.do) {
      case "sent":
        if (decision.as === "confirmed") sequences.confirmed(this.#log.sequence[slots.at(-1)!]!);
        outcomes.sent(slots, decision.as, latencyMs);
        throttle.over();
        poison.confirmed(events);
        return undefined;
      case "hold":
        queue.putBack(slots);
        throttle.refused(decision.error);
        return undefined;
      case "halve":
        sequences.takeBack(slots);
        queue.putBack(slots);
        poison.split(events);
        return undefined;
      case "rewind":
        for (const slot of slots) this.#log.mark(slot, MAYBE_STORED);
        queue.putBack(slots);
        return decision.error;
      case "each":
        for (const slot of slots) {
          if (decision.maybeStored) this.#log.mark(slot, MAYBE_STORED);
          this.#retryOrFail(slot, decision.error);
        }
        poison.settled(events);
        return undefined;
    }
  }

  #retryOrFail(slot: number, error: TransportError): void {
    const { options, outcomes, random, retries, poison, sequences, again } = this.#setup;
    poison.cleared(slot);
    const tries = this.#log.tries[slot]!;
    const numbered = this.#log.has(slot, NUMBERED);
    if (decideTry(error, { tries, numbered, maxRetries: options.maxRetries }) === "fail")
      return outcomes.refused(slot, error);
    outcomes.retried(error);
    this.#log.tries[slot]!++;
    // Later events have passed its old sequence: a broker that deduplicates would confirm it and store nothing.
    sequences.takeBack([slot]);
    const delay = fullJitter(tries, options.retryBackoffMs, options.maxRetryBackoffMs, random);
    retries.wait(slot, delay, () => again(slot));
  }
}
