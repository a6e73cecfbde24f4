import type { Socket } from "node:net";
import type {
  Flow,
  MessageDefaults,
  PublishOutcome,
  TransportConnection,
  TransportError,
} from "@streamll/core";
import { refuseAccused, type Suspects } from "@streamll/transport-kit";
import type { Channel, ChannelModel } from "amqplib";
import { Confirms, gaps } from "./confirms.js";
import { failure, isCut, refusedBy, transportError } from "./failure.js";
import { wireOf } from "./wire.js";
import type { BatchWriter } from "./writer.js";

/** More than this waiting for the network, in bytes, and no more is taken until it has drained. */
const FULL = 1024 * 1024;
/** How long an ended connection may take to say goodbye, in milliseconds. */
const FAREWELL = 1000;

/** Between two declarations of what messages came back for, in milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

const written: PublishOutcome = { kind: "written" };
const nothing = Buffer.alloc(0);

export interface OpenLane {
  readonly model: ChannelModel;
  readonly channel: Channel;
  readonly writer: BatchWriter;
  readonly message: MessageDefaults;
  readonly confirms: boolean;
  /** The endpoint's, for messages. */
  readonly label: string;
  /** Outlive the connection. */
  readonly suspects: Suspects;
  /** A message came back that had been settled as written. */
  readonly lost: (exchange: string) => void;
  /** Declares again what messages to this exchange need; `undefined` where that is not the sink's. */
  readonly redeclare: (exchange: string) => Promise<void> | undefined;
}

export interface LaneConnection extends TransportConnection {
  /** Ends it because it may not be used any longer. */
  fail(error: unknown): void;
  readonly isBlocked: boolean;
}

/** Publishes on an open channel. Channel and connection live and die together. */
export function laneConnection({ model, channel, writer, ...lane }: OpenLane): LaneConnection {
  const { label } = lane;
  const wire = wireOf(model);
  const { stream } = wire;
  const confirms = lane.confirms ? new Confirms(lane.message.exchange) : undefined;
  const unroutable = new Map<string, TransportError>();
  let listener: ((flow: Flow) => void) | undefined;
  let blocked: string | undefined;
  let full = false;
  let declaring = false;
  let declareFrom = 0;
  let pause = FIRST_PAUSE;
  let closing = false;
  let ended = false;
  /** Where in the stream what was published ends: a heartbeat after it is no progress. */
  let publishedTo = 0;
  let resolveClosed!: (error: TransportError | undefined) => void;
  const closed = new Promise<TransportError | undefined>((resolve) => {
    resolveClosed = resolve;
  });

  function end(error?: unknown): void {
    if (ended) return;
    ended = true;
    resolveClosed(error === undefined || closing ? undefined : failure(error, "use", label));
  }

  function fail(error: unknown): void {
    end(error);
    if (!closing) model.close().catch(() => {});
    retire(stream);
  }

  /**
   * Where the broker names a topic, or another exchange than the sink's, it goes on to take everything else: what it
   * names is refused, and the connection may be opened again at once.
   */
  function refuseNamed(error: Error): Error {
    const names = refusedBy(error, lane.message.exchange);
    if (ended || names === undefined) return error;
    const accused = confirms?.open(names) ?? [];
    if (confirms && accused.length === 0) return error;
    const { kind, message } = failure(error, "use", label);
    const keys = new Set(accused.map((open) => open.message.routingKey));
    const permanent = keys.size === 1 || !isCut(error);
    refuseAccused(accused, lane.suspects, transportError(kind, message, { cause: error, permanent }));
    return transportError(kind, message, { cause: error });
  }

  function tellFlow(): void {
    const credit = full || declaring ? 0 : Number.POSITIVE_INFINITY;
    listener?.(blocked === undefined ? { credit } : { credit: 0, blocked });
  }

  /**
   * Somebody took away the queue that the sink has bound. Until it is there again, nothing more is taken. Where
   * messages come back for another reason, it is tried ever more rarely.
   */
  function redeclare(exchange: string): void {
    if (declaring || ended || closing || blocked !== undefined || performance.now() < declareFrom) return;
    const declared = lane.redeclare(exchange);
    if (declared === undefined) return;
    declaring = true;
    tellFlow();
    const done = () => {
      if (ended) return;
      declaring = false;
      declareFrom = performance.now() + pause;
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      tellFlow();
    };
    declared.then(done, (error) => {
      // A broker that blocks the connection meanwhile answers later.
      if (blocked !== undefined) done();
      else if (!ended) fail(error);
    });
  }

  function checkRoom(): void {
    const wasFull = full;
    full = writer.isFull() || stream.writableLength > FULL;
    if (full !== wasFull) tellFlow();
  }

  // 320 CONNECTION_FORCED, an ordinary shutdown of the broker, comes as "close" alone.
  model.on("error", (error) => end(error));
  model.on("close", (error) => {
    end(error ?? new Error("Unexpected close"));
    retire(stream);
  });
  model.on("blocked", (reason) => {
    blocked = reason || "the broker blocks the connection";
    tellFlow();
  });
  model.on("unblocked", () => {
    blocked = undefined;
    tellFlow();
  });
  // amqplib forgets a socket that was destroyed under it until its heartbeat fails.
  stream.once("close", () => end(new Error("Socket closed")));
  stream.on("drain", checkRoom);
  channel.on("drain", checkRoom);
  channel.on("error", (error) => fail(refuseNamed(error)));
  // Where the connection takes the channel along, its own event comes next, and says why.
  channel.on("close", () =>
    queueMicrotask(() => closing || fail(new Error("Unexpected close of the channel"))),
  );
  // Else amqplib throws what a listener throws, and the remaining confirms of that frame are lost.
  channel.on("handler-error", fail);
  wire.on("handler-error", fail);

  if (confirms) {
    // The bulk writer goes past amqplib's own book of callbacks, which would only grow.
    if (writer.name === "bulk") channel.removeAllListeners("ack").removeAllListeners("nack");
    const nacked = transportError(
      "nack",
      `${label}: the broker could not take the message: a full queue (overflow: reject-publish), or an error of its own. Let the queue be read or raise its limit, else see the broker's log`,
    );
    channel.on("ack", ({ deliveryTag, multiple }: Confirm) => {
      if (!ended) confirms.ack(deliveryTag, multiple);
    });
    channel.on("nack", ({ deliveryTag, multiple }: Confirm) => {
      if (!ended) confirms.nack(deliveryTag, multiple, nacked);
    });
  }
  channel.on("return", ({ fields, properties }) => {
    const { exchange, routingKey } = fields;
    const message = { exchange, routingKey, messageId: properties.messageId };
    const known = confirms?.returned(message, unroutableOn(exchange)) ?? false;
    if (!known) lane.lost(exchange);
    redeclare(exchange);
  });

  function unroutableOn(exchange: string): TransportError {
    let error = unroutable.get(exchange);
    if (!error) {
      const text = `${label}: no queue of exchange "${exchange}" takes the message: bind one to its routing key`;
      error = transportError("unroutable", text);
      unroutable.set(exchange, error);
    }
    return error;
  }

  async function closePolitely(): Promise<void> {
    // A blocked broker reads nothing, so it would not answer. Else the channel goes first: its answer says that
    // all before it was read.
    if (blocked === undefined) await channel.close();
    await model.close();
  }

  return {
    closed,
    fail,
    get isBlocked() {
      return blocked !== undefined;
    },
    publish(batch, settle) {
      if (ended || closing) return;
      const unsendable = writer.write(batch);
      // amqplib's channel writes later, so there the end is not known.
      publishedTo = writer.name === "bulk" ? stream.bytesWritten : Number.POSITIVE_INFINITY;
      if (confirms) confirms.add(batch, settle, unsendable);
      else {
        afterDrain(stream, () => {
          if (ended) return;
          for (const [from, to] of gaps(batch.length, unsendable)) settle(from, to, written);
        });
      }
      for (const [index, error] of unsendable ?? []) settle(index, index + 1, { kind: "refused", error });
      checkRoom();
    },
    onFlow(tell) {
      listener = tell;
      tellFlow();
    },
    async close(signal) {
      if (!ended && !signal.aborted) {
        closing = true;
        await Promise.race([closePolitely().catch(() => {}), closed, aborted(signal)]);
      }
      closing = true;
      end();
      destroy(stream);
    },
    drainedBytes: () => Math.min(publishedTo, stream.bytesWritten - stream.writableLength),
  };
}

interface Confirm {
  readonly deliveryTag: number;
  readonly multiple: boolean;
}

/** Calls back once the network has taken all that was written so far. */
function afterDrain(stream: Socket, then: () => void): void {
  if (stream.writableLength === 0) return then();
  stream.write(nothing, (error) => {
    if (!error) then();
  });
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** Lets what was written leave, then destroys the socket: a dead peer cannot hold it. */
function retire(stream: Socket): void {
  const timer = setTimeout(destroy, FAREWELL, stream);
  timer.unref();
  stream.once("close", () => clearTimeout(timer));
}

/** With an error amqplib notices, and stops its heartbeat. */
export function destroy(stream: Socket): void {
  stream.destroy(new Error("Connection given up"));
}
