import type { LogPosition, LogRequest } from "@streamll/core";
import { NO_OFFSET } from "../protocol/codes.js";
import { CREDIT, QUERY_OFFSET, STORE_OFFSET, SUBSCRIBE, UNSUBSCRIBE } from "../protocol/commands.js";
import { queryOffset, readOffset, storeOffset } from "../protocol/offset.js";
import { credit, subscribe, unsubscribe } from "../protocol/subscribe.js";
import { frame } from "../protocol/writer.js";
import { RefusedError, type Wire } from "../wire.js";

/** Chunks that the broker may send ahead; each holds what its publishers sent at about one moment. */
const CREDIT_OF_CHUNKS = 10;

/** From one beginning to read a partition to its end; with a single active consumer there may be several. */
export interface Activation {
  readonly reader: PartitionReader;
  /** Messages before it are skipped: the broker sends whole chunks. */
  readonly from: number;
  /** Deliveries without a settlement. */
  unsettled: number;
  /** Whether a chunk has come. */
  hasBegun: boolean;
}

export interface ReaderSetup {
  readonly stream: string;
  readonly subscriptionId: number;
  readonly wire: Wire;
  /** The super stream that the stream is a partition of, or the stream itself. */
  readonly source: string;
  readonly log: LogRequest;
}

/** One subscription of the protocol. */
export class PartitionReader {
  readonly stream: string;
  readonly subscriptionId: number;
  readonly wire: Wire;
  readonly #setup: ReaderSetup;
  /** While it is handed messages. */
  activation: Activation | undefined;
  /** Updates of a single active consumer, one after another. */
  updating: Promise<void> = Promise.resolve();
  /** Chunks that the broker still may send. */
  #credit = CREDIT_OF_CHUNKS;

  constructor(setup: ReaderSetup) {
    this.#setup = setup;
    this.stream = setup.stream;
    this.subscriptionId = setup.subscriptionId;
    this.wire = setup.wire;
  }

  begin(position: LogPosition): void {
    const from = typeof position === "number" ? position : 0;
    this.activation = { reader: this, from, unsettled: 0, hasBegun: false };
  }

  /** @throws RefusedError */
  async subscribe(position: LogPosition): Promise<void> {
    const { stream, subscriptionId } = this;
    const { source, log } = this.#setup;
    const { consumerName, singleActive } = log;
    const properties = {
      ...(consumerName === undefined ? {} : { name: consumerName }),
      ...(singleActive ? { "single-active-consumer": "true" } : {}),
      ...(singleActive && stream !== source ? { "super-stream": source } : {}),
    };
    const command = { subscriptionId, stream, position, credit: this.#credit, properties };
    await this.wire.ask(SUBSCRIBE, subscribe(command));
  }

  /** @throws RefusedError */
  async unsubscribe(): Promise<void> {
    await this.wire.ask(UNSUBSCRIBE, unsubscribe(this.subscriptionId));
  }

  /** What the broker has under the consumer's name. */
  async storedOffset(): Promise<number | undefined> {
    const { consumerName } = this.#setup.log;
    if (consumerName === undefined) return undefined;
    try {
      return readOffset(await this.wire.ask(QUERY_OFFSET, queryOffset(consumerName, this.stream)));
    } catch (error) {
      if (error instanceof RefusedError && error.code === NO_OFFSET) return undefined;
      throw error;
    }
  }

  storeOffset(offset: number): void {
    const { consumerName } = this.#setup.log;
    if (consumerName === undefined) return;
    this.wire.write(frame(STORE_OFFSET, 1, storeOffset(consumerName, this.stream, offset)));
  }

  /** A chunk has come; or one that was asked for will not, since the broker does not count credit while it is passive. */
  spend(): void {
    this.#credit--;
  }

  /** The broker may send as many chunks ahead as before. `held` have come, and wait. */
  refill(held: number): void {
    // One by one: each that is refused is answered.
    while (this.#credit + held < CREDIT_OF_CHUNKS) {
      this.#credit++;
      this.wire.publish(frame(CREDIT, 1, credit(this.subscriptionId, 1)));
    }
  }
}

/** One for each stream; ids are told apart within a connection. */
export function readersOf(
  wires: ReadonlyMap<string, Wire>,
  source: string,
  log: LogRequest,
): readonly PartitionReader[] {
  const counts = new Map<Wire, number>();
  return [...wires].map(([stream, wire]) => {
    const subscriptionId = counts.get(wire) ?? 0;
    counts.set(wire, subscriptionId + 1);
    return new PartitionReader({ stream, subscriptionId, wire, source, log });
  });
}
