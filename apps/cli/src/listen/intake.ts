import { setImmediate, setTimeout } from "node:timers/promises";
import { DeliveryError, type StreamllEvent } from "@streamll/core";
import type { RabbitMQSink } from "@streamll/sink";
import { type Refusal, tryAgain } from "./answer.js";

/** How long a request waits for room that it began to fill. */
const roomTimeoutMs = 10_000;
const lookMs = 20;
/** Headers, ids and routing key of an event in the buffer. */
const overheadBytes = 512;

/** Of these the sender would only get the same answer again. */
const permanent: ReadonlySet<string> = new Set(["REJECTED", "UNROUTABLE", "EVENT_TOO_LARGE"]);

export interface IntakeOptions {
  readonly sink: RabbitMQSink;
  readonly maxBufferedEvents: number;
  readonly maxBufferedBytes: number;
  /** Whether an event is taken only when the broker has confirmed it. */
  readonly confirm: boolean;
}

/** Hands the events of requests to the sink: those of a request are taken, or the sender is told to send it again. */
export class Intake {
  readonly #options: IntakeOptions;
  #isOver = false;
  accepted = 0;
  rejected = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** From now on nothing is taken. */
  close(): void {
    this.#isOver = true;
  }

  /** @throws Refusal where nothing is taken now: asked before a body is read. */
  requireRoom(): void {
    if (this.#isOver) throw ending();
    if (this.#room(0) < 1) throw full();
  }

  /**
   * Takes the events of one request.
   *
   * @param bytes About how large they are together.
   * @returns Of each, whether it was taken; one that was not never will be.
   * @throws Refusal where the sender has to send all of them again.
   */
  async take(events: readonly StreamllEvent[], bytes: number): Promise<boolean[]> {
    const eventBytes = bytes / Math.max(events.length, 1);
    let room = this.#room(eventBytes);
    // More than the buffer can ever hold begins where it is empty, and waits for room as it goes on.
    if (room < events.length && !this.#isEmpty) throw full();
    const deadline = performance.now() + roomTimeoutMs;
    const outcomes: Outcome[] = [];
    for (const event of events) {
      while (room < 1) {
        if (performance.now() > deadline) throw full();
        await setTimeout(lookMs);
        room = this.#room(eventBytes);
      }
      if (this.#isOver) throw ending();
      room--;
      outcomes.push(this.#offer(event));
    }
    // An event that the buffer does not take is refused by then.
    await setImmediate();
    if (this.#options.confirm) await Promise.all(outcomes.map(({ settled }) => settled));
    const refused = outcomes.find(({ refusal }) => refusal !== undefined)?.refusal;
    if (refused !== undefined) throw refused;
    const taken = outcomes.map(({ isNever }) => !isNever);
    const count = taken.filter(Boolean).length;
    this.accepted += count;
    this.rejected += taken.length - count;
    return taken;
  }

  #offer(event: StreamllEvent): Outcome {
    const outcome: Outcome = { isNever: false, refusal: undefined, settled: Promise.resolve() };
    outcome.settled = this.#options.sink.publish(event).then(
      () => {},
      (error: unknown) => {
        const code = error instanceof DeliveryError ? error.code : "UNKNOWN";
        if (permanent.has(code)) outcome.isNever = true;
        else if (code === "BUFFER_FULL") outcome.refusal = full();
        else outcome.refusal = tryAgain(503, `an event was not delivered (${code}); send all again`);
      },
    );
    return outcome;
  }

  get #isEmpty(): boolean {
    const { events_buffered, events_in_flight } = this.#options.sink.stats();
    return events_buffered + events_in_flight === 0;
  }

  /** For how many events of such a size there is room. */
  #room(eventBytes: number): number {
    const { sink, maxBufferedEvents, maxBufferedBytes } = this.#options;
    const { events_buffered, events_in_flight, bytes_buffered } = sink.stats();
    const pending = events_buffered + events_in_flight;
    const byBytes = Math.floor((maxBufferedBytes - bytes_buffered) / (eventBytes + overheadBytes));
    const room = Math.min(maxBufferedEvents - pending, byBytes);
    // A buffer that is empty takes an event of any size.
    return pending === 0 ? Math.max(room, 1) : room;
  }
}

interface Outcome {
  /** Whether the event was refused for good. */
  isNever: boolean;
  refusal: Refusal | undefined;
  settled: Promise<void>;
}

const full = () => tryAgain(429, "the buffer is full; send the same again later");
const ending = () => tryAgain(503, "streamll listen is ending");
