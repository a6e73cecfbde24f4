import type { SettlementOutcome } from "@streamll/core";

/** What the service is to do with a lease: end it for good, or let it last so many seconds more, 0 for none. */
export type Order = "acknowledge" | number;

interface Settlement {
  readonly ackId: string;
  readonly order: Order;
  readonly told: (outcome: SettlementOutcome) => void;
}

/** Ids of one request; the service takes 512 KiB of them, of some 200 bytes each. */
export const MOST_IDS = 1000;

/** Settlements on their way to the service. Those that come while some are under way go together afterwards. */
export class Settlements {
  readonly #send: (ackIds: readonly string[], order: Order) => Promise<void>;
  #waiting: Settlement[] = [];
  #underWay: readonly Settlement[] = [];
  #running: Promise<void> | undefined;
  #ended = false;

  constructor(send: (ackIds: readonly string[], order: Order) => Promise<void>) {
    this.#send = send;
  }

  add(settlement: Settlement): void {
    if (this.#ended) return settlement.told("lost");
    this.#waiting.push(settlement);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** What has no answer yet is lost. */
  end(): void {
    this.#ended = true;
    const lost = [...this.#underWay, ...this.#waiting];
    this.#underWay = [];
    this.#waiting = [];
    for (const { told } of lost) told("lost");
  }

  async #run(): Promise<void> {
    // What is settled in one turn of the event loop goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      this.#underWay = this.#waiting;
      this.#waiting = [];
      await Promise.all([...requestsOf(this.#underWay)].map((some) => this.#carryOut(some)));
    }
    this.#running = undefined;
  }

  async #carryOut(settlements: readonly Settlement[]): Promise<void> {
    let outcome: SettlementOutcome = "settled";
    try {
      await this.#send(
        settlements.map(({ ackId }) => ackId),
        settlements[0]!.order,
      );
    } catch {
      outcome = "lost";
    }
    if (this.#ended) return;
    const told = new Set(settlements);
    this.#underWay = this.#underWay.filter((one) => !told.has(one));
    for (const settlement of settlements) settlement.told(outcome);
  }
}

/** Those of one order, so many at a time as a request takes. */
function* requestsOf(settlements: readonly Settlement[]): Generator<readonly Settlement[]> {
  const byOrder = new Map<Order, Settlement[]>();
  for (const settlement of settlements) {
    const some = byOrder.get(settlement.order);
    if (some === undefined) byOrder.set(settlement.order, [settlement]);
    else some.push(settlement);
  }
  for (const some of byOrder.values())
    for (let from = 0; from < some.length; from += MOST_IDS) yield some.slice(from, from + MOST_IDS);
}
