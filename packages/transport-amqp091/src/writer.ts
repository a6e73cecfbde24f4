import {
  type MessageDefaults,
  type OutboundBatch,
  type OutboundMessage,
  TransportError,
} from "@streamll/core";
import { encodedMessage } from "@streamll/core/internal";
import { corkForTurn, cutToShortString, SendBlocks, type Unsendable } from "@streamll/transport-kit";
import type { Channel, ChannelModel, Options } from "amqplib";
import { type FrameEncoder, frameEncoder } from "./frames.js";
import { frameBound, wireSeconds } from "./sendable.js";
import { channelNumber, type Wire, wireOf } from "./wire.js";

/** Memory that batches are written in is kept in no larger pieces, in bytes. */
const LARGEST_BLOCK = 1024 * 1024;

/** Puts batches on one channel, in order. */
export interface BatchWriter {
  readonly name: "bulk" | "channel";
  /** Writes what can be sent; never throws for one message's sake. */
  write(batch: OutboundBatch): Unsendable | undefined;
  /** Holds back more than it should, beside what waits in the socket; the channel's "drain" ends it. */
  isFull(): boolean;
}

/**
 * Writes a batch as one buffer where amqplib lets us, which costs half of the CPU that a publish per message
 * does (docs/benchmarks.md), and message by message where it does not.
 */
export function batchWriter(model: ChannelModel, channel: Channel, defaults: MessageDefaults): BatchWriter {
  const wire = wireOf(model);
  const number = channelNumber(channel);
  const canWriteBytes = typeof wire.sendBytes === "function" && number !== undefined && wire.frameMax > 0;
  return canWriteBytes
    ? bulkWriter(wire as Required<Wire>, number, defaults)
    : channelWriter(channel, wire.frameMax, defaults);
}

/**
 * Frames of several channels may be mixed on a connection, those of one message may not (4.2.6): while this
 * writes, nothing else publishes on the channel.
 */
export function bulkWriter(wire: Required<Wire>, channel: number, defaults: MessageDefaults): BatchWriter {
  const encoder = frameEncoder(channel, wire.frameMax, defaults);
  const blocks = new SendBlocks(wire.stream);
  let block = Buffer.alloc(0);
  return {
    name: "bulk",
    write(batch) {
      let room = 0;
      const unsendable = checkEach(batch, (message) => {
        room += encoder.bound(encodedMessage(message));
      });
      if (room === 0) return unsendable;
      if (room > block.length) block = blocks.next(room, block);
      const bytes = encodeAll(encoder, batch, block, unsendable);
      corkForTurn(wire.stream);
      wire.sendBytes(bytes);
      block = block.subarray(bytes.length);
      if (block.buffer.byteLength > LARGEST_BLOCK) block = Buffer.alloc(0);
      return unsendable;
    },
    isFull: () => false,
  };
}

function encodeAll(
  encoder: FrameEncoder,
  batch: OutboundBatch,
  bytes: Buffer,
  unsendable?: Unsendable,
): Buffer {
  let at = 0;
  for (let i = 0; i < batch.length; i++) {
    if (!unsendable?.has(i)) at = encoder.write(bytes, at, encodedMessage(batch.at(i)!));
  }
  return bytes.subarray(0, at);
}

/** Through amqplib's own publish. */
export function channelWriter(channel: Channel, frameMax: number, defaults: MessageDefaults): BatchWriter {
  const shared = {
    contentType: defaults.contentType || undefined,
    appId: defaults.appId || undefined,
    persistent: defaults.persistent,
    mandatory: defaults.mandatory,
    priority: defaults.priority,
    expiration: defaults.expirationMs,
  };
  let full = false;
  channel.on("drain", () => {
    full = false;
  });
  return {
    name: "channel",
    isFull: () => full,
    write: (batch) =>
      checkEach(batch, (message) => {
        frameBound(encodedMessage(message), defaults, frameMax);
        const { exchange = defaults.exchange, routingKey, headers, contentEncoding } = message;
        full = !channel.publish(exchange, routingKey, message.body(), {
          ...shared,
          headers,
          contentEncoding,
          correlationId: cutToShortString(message.correlationId) || undefined,
          messageId: message.messageId || undefined,
          timestamp: wireSeconds(message.timestamp),
          type: cutToShortString(message.type) || undefined,
        } as Options.Publish);
      }),
  };
}

/** Runs `each` on every message, and collects those it throws for. */
function checkEach(batch: OutboundBatch, each: (message: OutboundMessage) => void): Unsendable | undefined {
  let unsendable: Map<number, TransportError> | undefined;
  for (let i = 0; i < batch.length; i++) {
    try {
      each(batch.at(i)!);
    } catch (error) {
      unsendable ??= new Map();
      unsendable.set(i, asUnsendable(error));
    }
  }
  return unsendable;
}

const asUnsendable = (error: unknown): TransportError =>
  error instanceof TransportError
    ? error
    : new TransportError("protocol", "The message cannot be sent by AMQP 0-9-1", {
        cause: error,
        permanent: true,
      });
