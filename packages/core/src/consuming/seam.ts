import type { Endpoint } from "../endpoint.js";
import type { TransportError } from "../errors.js";
import type { InboundMessage } from "./inbound-message.js";

/** What a broker can do for one who consumes. Known before the transport is loaded. */
export interface ConsumingCapabilities {
  /**
   * What becomes of a message that is settled as `dead`. `"reason"`: it is kept with the reason and the description of
   * the verdict. `"bare"`: it goes where the queue sends its dead letters, without them; a queue that names no place
   * drops it. `false`: the broker has no dead letters, and the engine never gives that verdict.
   */
  readonly deadLetters: false | "bare" | "reason";
  /** `again` may have a `delayMs`. */
  readonly delays: boolean;
  /**
   * What becomes of messages that were looked at and given back, or not settled until the close. `"free"`: they come
   * again. `"counts"`: they come again, and each look may count against a limit of the queue. `false`: a look takes
   * them.
   */
  readonly peek: "free" | "counts" | false;
  /**
   * What was consumed can be published again through the same transport, unchanged: see `OutboundMessage.relayed`.
   * Then the engine itself puts dead letters with their reason where the broker would leave it out.
   */
  readonly relays?: true;
  /** A queue may keep its messages in sessions, each of which one consumer has at a time. Absent: it does not. */
  readonly sessions?: true;
  /** Messages can be looked at without taking them from anybody: see {@link SubscribeRequest.browse}. Absent: they cannot. */
  readonly browses?: true;
  /**
   * Its messages stay where they are, whoever has read them, and have offsets: a stream. Nothing is given back or dead,
   * and a message comes again where reading begins again before it. Absent: a queue.
   */
  readonly log?: true;
}

/**
 * Where reading a log begins: with its first or its last messages that are there, with the next one that is written,
 * about so late, or at an offset. Offsets are whole numbers up to 2⁵³ - 1.
 */
export type LogPosition = "first" | "last" | "next" | Date | number;

/** How a log is to be read. */
export interface LogRequest {
  /** Under which the broker keeps offsets; at most 255 bytes. Absent: it keeps none. */
  readonly consumerName?: string | undefined;
  /** Of those with one `consumerName`, each partition is read by one at a time. */
  readonly singleActive: boolean;
  /**
   * Where to begin in a partition: asked each time anew, also when a single active consumer becomes active. A log
   * without partitions is one. Rejects where it cannot be told, which is the end of the subscription.
   *
   * @param stored asks the broker for the offset that it keeps; `undefined` where there is none.
   */
  position(partition: string, stored: () => Promise<number | undefined>): Promise<LogPosition>;
  /**
   * Another consumer goes on with the partition once this resolves, within a few seconds: what came of it is void. Never
   * rejects.
   */
  left(partition: string): Promise<void>;
}

/**
 * The other end of a transport: messages of a queue, and what is to become of each. Retry, order, time limits,
 * deduplication, reconnecting and shutdown are the engine's, once, for every transport.
 */
export interface Consuming extends ConsumingCapabilities {
  /**
   * Opens one connection, authenticates, declares the topology of `TransportOptions` and begins to consume.
   *
   * When `signal` aborts, it lets go of everything that it opened and rejects. After that, and after it rejected for
   * any other reason, `receive` is not called.
   *
   * @throws TransportError classified by `kind`: `not-found` for a queue that is not there. Anything else is taken as
   * `protocol`.
   */
  subscribe(endpoint: Endpoint, request: SubscribeRequest, signal: AbortSignal): Promise<Subscription>;
}

export interface SubscribeRequest {
  /** Name of the queue. */
  readonly source: string;
  /** The dead letters that the broker keeps beside the queue: the sub-queue of Azure Service Bus. Default: not these. */
  readonly deadLetters?: boolean;
  /**
   * Where the queue has sessions, and only with the capability: the one of that name, or so many at a time, whichever
   * have messages. A delivery's `orderingKey` is its session.
   */
  readonly sessions?: { readonly name: string } | { readonly atOnce: number };
  /**
   * Only with the capability: hands over copies, of which nobody has fewer messages to take. `"first"`: of what is there, and
   * of what comes; `"next"`: of what comes. What is gone before it was looked at is not among them. Settling makes room in
   * the window, and does nothing else.
   */
  readonly browse?: "first" | "next";
  /** Never more than so many deliveries are unsettled; from 1 to 65,535. */
  readonly window: number;
  /** Present where the transport reads a log. */
  readonly log?: LogRequest;
  /**
   * Told how many messages wait in the queue before the first of them is handed over, where the broker tells. Once they
   * are on their way, brokers count them here or there.
   */
  counted?(messages: number): void;
  /**
   * Takes what has come, in the order of the queue. It never throws. The first call may come before `subscribe()` has
   * resolved, the last before `closed` settles, and none after `stop()` has resolved.
   */
  receive(deliveries: readonly Delivery[]): void;
  /**
   * The broker has taken deliveries back while the subscription goes on: their lock or their session was lost, or a time
   * limit of the broker was over. They come again to somebody; settling them tells `lost`.
   */
  lost?(deliveries: readonly Delivery[]): void;
}

/**
 * One message, handed over once by one subscription. The object itself is what it is settled by. A transport may decode
 * a property when it is asked for, so `{ ...delivery }` need not have any.
 */
export interface Delivery extends InboundMessage {
  /** It was handed to somebody before. `false` does not exclude that: some queues tell only the latest time. */
  readonly redelivered: boolean;
  /** How often it was tried before: 0 for the first time. Absent where the broker does not count (classic queues). */
  readonly earlier?: number | undefined;
  /** What the broker itself keeps in order, for example the session of Azure Service Bus. */
  readonly orderingKey?: string | undefined;
  /** The message as the broker has it, where this was unpacked from it and is all that is in it. */
  readonly packed?: Delivery | undefined;
  /**
   * Until when the broker keeps it for this subscription alone, in milliseconds since 1970; later once it was renewed.
   * Absent where it is kept until it is settled.
   */
  readonly lockedUntil?: number | undefined;
  /** Of a log: the partition's name; that of the log where it has none. */
  readonly partition?: string | undefined;
  /** Of a log: rises within the partition, maybe with gaps. */
  readonly offset?: number | undefined;
}

/** What is to become of a delivery. */
export type Verdict =
  /**
   * It is done: the broker forgets it. `lazy`: nobody waits for that, so that the broker may be told a few milliseconds
   * later, together with others, as long as the window leaves it something to send.
   */
  | { readonly kind: "done"; readonly lazy?: true }
  /**
   * It is given back, and comes again. `failed`: a try of it is used up, and counted by a broker that counts; else it
   * was not tried, and counts as little as the broker allows. `delayMs`, only with `delays`: not before so many milliseconds.
   * A log does nothing but make room in the window.
   */
  | { readonly kind: "again"; readonly failed: boolean; readonly delayMs?: number }
  /** No further try: it becomes a dead letter. `reason` is a code such as `RETRIES_EXHAUSTED`. */
  | { readonly kind: "dead"; readonly reason: string; readonly description: string };

/**
 * What became of a settlement. `settled`: the broker has it. `written`: it was handed to the network, and the broker
 * does not answer it. `lost`: it did not reach the broker, since the delivery is settled already, or is of another
 * subscription, or the connection is gone: if nobody else settled it, it comes again.
 */
export type SettlementOutcome = "settled" | "written" | "lost";

/** A stream of deliveries of one queue over one connection. */
export interface Subscription {
  /**
   * Settles one delivery, in any order. Never throws. `told` is called exactly once, at once or later, also for a stale
   * settlement: that one does nothing but tell `lost`.
   */
  settle(delivery: Delivery, verdict: Verdict, told: (outcome: SettlementOutcome) => void): void;
  /**
   * Present where deliveries are locked for a time: locks this one longer, and tells so by its `lockedUntil`. Several
   * that the broker locks together may be asked for at once.
   *
   * @throws TransportError: `permanent` where the lock is lost; else it may be tried again while the lock holds.
   */
  renew?(delivery: Delivery): Promise<void>;
  /**
   * Takes nothing more: resolves when nothing more comes, within a bounded time. Settling what has come goes on. What
   * the broker had under way and was not received is given back, behind all that was. Never rejects; a second call gives
   * the first's promise.
   */
  stop(): Promise<void>;
  /**
   * Of a log, with `consumerName`: the broker is to keep this offset, all up to which is done. It goes on after `stop()`;
   * never throws, and nothing tells whether it arrived.
   */
  storeOffset?(partition: string, offset: number): void;
  /**
   * Ends the connection in good order, settlements that are under way included, or at once when `signal` aborts.
   * Resolves in any case, and `closed` with it. What is not settled is given back by the broker.
   */
  close(signal: AbortSignal): Promise<void>;
  /**
   * Settles once, after the last delivery and the last `told`, when the subscription can no longer be used. Then all
   * that is unsettled is void: it comes again to somebody. Kind `cancelled`: the broker ended it, and not the
   * connection (the queue was deleted, its leader moved, a time limit of the broker); subscribing again tells which.
   * Never rejects; `undefined` after `close()`.
   */
  readonly closed: Promise<TransportError | undefined>;
  /** How many messages of the queue nobody has been handed yet. Absent where the broker does not tell. May reject. */
  waiting?(): Promise<number>;
}
