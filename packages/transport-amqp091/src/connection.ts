import {
  type MessageDefaults,
  type PublishOutcome,
  type Topology,
  type TransportConnection,
  TransportError,
} from "@streamll/core";
import {
  afterDrain,
  rabbitmqHints,
  rangesBetween,
  redeclarer,
  refuseAccused,
  type Suspects,
  socketFlow,
} from "@streamll/transport-kit";
import type { Channel, ChannelModel } from "amqplib";
import { Confirms } from "./confirms.js";
import { failure, isCut, refusedBy } from "./failure.js";
import { lifetimeOf } from "./lifetime.js";
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
  const { stream } = wireOf(model);
  const confirms = lane.confirms ? new Confirms(lane.message.exchange) : undefined;
  const unroutable = new Map<string, TransportError>();
  let blocked: string | undefined;
  let declaring = false;
  /** Where in the stream what was published ends: a heartbeat after it is no progress. */
  let publishedTo = 0;
  const life = lifetimeOf({
    ...{ model, channel, label, stage: "use", channelFailed: refuseNamed },
    async goodbye() {
      // A blocked broker reads nothing, so it would not answer. Else the channel goes first: its answer says that
      // all before it was read, though not that all was confirmed.
      if (blocked === undefined) {
        await confirms?.answered();
        await channel.close();
      }
      await model.close();
    },
  });

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
    isAnswering: () => !life.isOver && !life.isClosing && blocked === undefined,
    failed: life.fail,
    pause(until) {
      declaring = true;
      flow.tell();
      void until.then(() => {
        declaring = false;
        if (!life.isOver) flow.tell();
      });
    },
  });

  /**
   * Where the broker names a topic, or another exchange than the sink's, it goes on to take everything else: what it
   * names is refused, and the connection may be opened again at once.
   */
  function refuseNamed(error: Error): Error {
    const names = refusedBy(error, lane.message.exchange);
    if (life.isOver || names === undefined) return error;
    const accused = confirms?.open(names) ?? [];
    if (confirms && accused.length === 0) return error;
    const { kind, message } = failure(error, "use", label);
    const keys = new Set(accused.map((open) => open.message.routingKey));
    const permanent = keys.size === 1 || !isCut(error);
    refuseAccused(accused, lane.suspects, new TransportError(kind, message, { cause: error, permanent }));
    return new TransportError(kind, message, { cause: error });
  }

  model.on("blocked", (reason) => {
    blocked = reason || "the broker blocks the connection";
    flow.tell();
  });
  model.on("unblocked", () => {
    blocked = undefined;
    flow.tell();
  });
  channel.on("drain", flow.checkRoom);

  if (confirms) {
    // The bulk writer goes past amqplib's own book of callbacks, which would only grow.
    if (writer.name === "bulk") channel.removeAllListeners("ack").removeAllListeners("nack");
    const nacked = new TransportError("nack", `${label}: ${rabbitmqHints.NACKED}`);
    channel.on("ack", ({ deliveryTag, multiple }: Confirm) => {
      if (!life.isOver) confirms.ack(deliveryTag, multiple);
    });
    channel.on("nack", ({ deliveryTag, multiple }: Confirm) => {
      if (!life.isOver) confirms.nack(deliveryTag, multiple, nacked);
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
    closed: life.closed,
    fail: life.fail,
    get isBlocked() {
      return blocked !== undefined;
    },
    publish(batch, settle) {
      if (life.isOver || life.isClosing) return;
      const unsendable = writer.write(batch);
      // amqplib's channel writes later, so there the end is not known.
      publishedTo = writer.name === "bulk" ? stream.bytesWritten : Number.POSITIVE_INFINITY;
      if (confirms) confirms.add(batch, settle, unsendable);
      else {
        afterDrain(stream, () => {
          if (life.isOver) return;
          for (const [from, to] of rangesBetween(batch, unsendable)) settle(from, to, written);
        });
      }
      for (const [index, error] of unsendable ?? []) settle(index, index + 1, { kind: "refused", error });
      flow.checkRoom();
    },
    onFlow: flow.onFlow,
    close: life.close,
    drainedBytes: () => Math.min(publishedTo, stream.bytesWritten - stream.writableLength),
  };
}

interface Confirm {
  readonly deliveryTag: number;
  readonly multiple: boolean;
}
