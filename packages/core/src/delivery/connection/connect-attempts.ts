import type { TransportError } from "../../errors.js";

interface Waiter {
  readonly asked: number;
  heard(errors: readonly TransportError[]): void;
}

/** The callers that wait for the outcome of connecting: `start()`, `flush()`, `lastSequence()`. */
export class ConnectAttempts {
  #waiters: Waiter[] = [];
  /** How many callers have requested a connection so far: for each, a round of attempts begins at once. */
  asked = 0;

  /** Returns an attempt number; answers of rounds that began before it are ignored. */
  ask(): number {
    return ++this.asked;
  }

  /**
   * Resolves with the errors of the first outcome that `suffices`. The returned function ends the waiting.
   *
   * @param asked an attempt number; 0 accepts any round.
   */
  hear(asked: number, suffices: (errors: readonly TransportError[]) => boolean) {
    let cancel = () => {};
    const news = new Promise<readonly TransportError[]>((resolve) => {
      const waiter: Waiter = {
        asked,
        heard: (errors) => {
          if (!suffices(errors)) return;
          cancel();
          resolve(errors);
        },
      };
      cancel = () => {
        this.#waiters = this.#waiters.filter((one) => one !== waiter);
      };
      this.#waiters.push(waiter);
    });
    return { news, cancel };
  }

  /**
   * A lane is connected, the sink has stopped, or each address of a lane has refused.
   *
   * @param errors why each address refused; else empty.
   * @param asked the attempt number up to which the round answers.
   */
  announce(errors: readonly TransportError[], asked = Number.POSITIVE_INFINITY): void {
    for (const waiter of this.#waiters) if (waiter.asked <= asked) waiter.heard(errors);
  }
}
