import type { TransportError } from "../../errors.js";

interface Waiter {
  readonly asked: number;
  heard(errors: readonly TransportError[]): void;
}

/** Those who wait for news of connecting: `start()`, `flush()`, `lastSequence()`. */
export class ConnectAttempts {
  #waiters: Waiter[] = [];
  /** How many have asked so far whether a connection can be had: for each, a round of attempts begins at once. */
  asked = 0;

  /** Returns an attempt number; answers of rounds that began before it are ignored. */
  ask(): number {
    return ++this.asked;
  }

  /**
   * Resolves with the errors of the first news that `suffices`. The returned function ends the waiting.
   *
   * @param asked an attempt number; 0 hears of any round.
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
   * @param errors why each address refused; empty otherwise.
   * @param asked the attempt number up to which the round answers.
   */
  announce(errors: readonly TransportError[], asked = Number.POSITIVE_INFINITY): void {
    for (const waiter of this.#waiters) if (waiter.asked <= asked) waiter.heard(errors);
  }
}
