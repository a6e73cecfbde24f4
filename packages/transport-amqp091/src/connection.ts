import type { Socket } from "node:net";
import {
  type MessageDefaults,
  type PublishOutcome,
  type Topology,
  type TransportConnection,
  TransportError,
} from "@streamll/core";
import {
  afterDrain,
  connectionLife,
  destroyAfterGrace,
  rabbitmqHints,
  rangesBetween,
  redeclarer,
  refuseAccused,
  type Suspects,
  socketClosed,
  socketFlow,
} from "@streamll/transport-kit";
import type { Channel, ChannelModel } from "amqplib";
import { Confirms } from "./confirms.js";
import { failure, isCut, refusedBy } from "./failure.js";
import { wireOf } from "./wire.js";
import type { BatchWriter } from "./writer.js";

const written: PublishOutcome = { kind: "written" };

export interface OpenLane {
  readonly model: ChannelModel;
  readonly channel: Channel;
  readonly writer: BatchWriter;
  readonly message: MessageDefaults;
  readonly confirms: boolean;
  /** The endpoint's, for messages. */
  readonly label: string;
  /** The suspects of the lane, which outlive the connection. */
  readonly suspects: Suspects;
  /** A message came back that had been settled as written. */
  readonly lost: (exchange: string) => void;
  readonly topology: Topology;
  /** Declares the topology again. */
  readonly redeclare: () => Promise<void>;
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
  let blocked: string | undefined;
  let declaring = false;
  let ended = false;
  /** Where in the stream what was published ends: a heartbeat after it is no progress. */
  let publishedTo = 0;
  let resolveGone!: (error: TransportError) => void;
  const { isClosing, closed, close } = connectionLife({
    gone: new Promise((resolve) => {
      resolveGone = resolve;
    }),
    async goodbye() {
      // A blocked broker reads nothing, so it would not answer. Else the channel goes first: its answer says that
      // all before it was read, though not that all was confirmed.
      if (blocked === undefined) {
        await confirms?.answered();
        await channel.close();
      }
      await model.close();
    },
    destroy() {
      end(new Error("Closed"));
      destroy(stream);
    },
  });

  function end(error: unknown): void {
    if (ended) return;
    ended = true;
    resolveGone(failure(error, "use", label));
  }

  function fail(error: unknown): void {
    end(error);
    if (!isClosing()) model.close().catch(() => {});
    destroyAfterGrace(stream, () => destroy(stream));
  }

  const flow = socketFlow(
    stream,
    (full) => {
      const credit = full || declaring ? 0 : Number.POSITIVE_INFINITY;
      return blocked === undefined ? { credit } : { credit: 0, blocked };
    },
    () => writer.isFull(),
  );
  const redeclare = redeclarer({
    topology: lane.topology,
    declare: lane.redeclare,
    isAnswering: () => !ended && !isClosing() && blocked === undefined,
    failed: fail,
    pause(until) {
      declaring = true;
      flow.tell();
      void until.then(() => {
        declaring = false;
        if (!ended) flow.tell();
      });
    },
  });

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
    refuseAccused(accused, lane.suspects, new TransportError(kind, message, { cause: error, permanent }));
    return new TransportError(kind, message, { cause: error });
  }

  // 320 CONNECTION_FORCED, an ordinary shutdown of the broker, comes as "close" alone.
  model.on("error", (error) => end(error));
  model.on("close", (error) => {
    end(error ?? new Error("Unexpected close"));
    destroyAfterGrace(stream, () => destroy(stream));
  });
  model.on("blocked", (reason) => {
    blocked = reason || "the broker blocks the connection";
    flow.tell();
  });
  model.on("unblocked", () => {
    blocked = undefined;
    flow.tell();
  });
  // amqplib forgets a socket that was destroyed under it until its heartbeat fails.
  stream.once("close", () => end(socketClosed()));
  channel.on("drain", flow.checkRoom);
  channel.on("error", (error) => fail(refuseNamed(error)));
  // Where the channel ends with its connection, the event of the connection comes next, and says why.
  channel.on("close", () =>
    queueMicrotask(() => isClosing() || fail(new Error("Unexpected close of the channel"))),
  );
  // Else amqplib throws what a listener throws, and the remaining confirms of that frame are lost.
  channel.on("handler-error", fail);
  wire.on("handler-error", fail);

  if (confirms) {
    // The bulk writer goes past amqplib's own book of callbacks, which would only grow.
    if (writer.name === "bulk") channel.removeAllListeners("ack").removeAllListeners("nack");
    const nacked = new TransportError("nack", `${label}: ${rabbitmqHints.NACKED}`);
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
      error = new TransportError("unroutable", text);
      unroutable.set(exchange, error);
    }
    return error;
  }

  return {
    closed,
    fail,
    get isBlocked() {
      return blocked !== undefined;
    },
    publish(batch, settle) {
      if (ended || isClosing()) return;
      const unsendable = writer.write(batch);
      // amqplib's channel writes later, so there the end is not known.
      publishedTo = writer.name === "bulk" ? stream.bytesWritten : Number.POSITIVE_INFINITY;
      if (confirms) confirms.add(batch, settle, unsendable);
      else {
        afterDrain(stream, () => {
          if (ended) return;
          for (const [from, to] of rangesBetween(batch, unsendable)) settle(from, to, written);
        });
      }
      for (const [index, error] of unsendable ?? []) settle(index, index + 1, { kind: "refused", error });
      flow.checkRoom();
    },
    onFlow: flow.onFlow,
    close,
    drainedBytes: () => Math.min(publishedTo, stream.bytesWritten - stream.writableLength),
  };
}

interface Confirm {
  readonly deliveryTag: number;
  readonly multiple: boolean;
}

/** With an error amqplib notices, and stops its heartbeat. */
export function destroy(stream: Socket): void {
  stream.destroy(new Error("Connection given up"));
}
