import {
  type MessageDefaults,
  type OutboundBatch,
  type OutboundMessage,
  TransportError,
} from "@streamll/core";
import { encodedMessage } from "@streamll/core/internal";
import {
  corkForTurn,
  cutToShortString,
  putBytes,
  SendBlocks,
  type Unsendable,
} from "@streamll/transport-kit";
import type { Channel, ChannelModel, Options } from "amqplib";
import { type FrameEncoder, frameEncoder } from "./frames.js";
import { unsendable } from "./header-table.js";
import { relayedFrames } from "./relayed.js";
import { frameBounds, wireSeconds } from "./sendable.js";
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
 * @param user who is logged in.
 *
 * Writes a batch as one buffer where amqplib lets us, which costs half of the CPU that a publish per message
 * does (docs/benchmarks.md), and message by message where it does not.
 */
export function batchWriter(
  model: ChannelModel,
  channel: Channel,
  defaults: MessageDefaults,
  user: string,
): BatchWriter {
  const wire = wireOf(model);
  const number = channelNumber(channel);
  const canWriteBytes = typeof wire.sendBytes === "function" && number !== undefined && wire.frameMax > 0;
  return canWriteBytes
    ? bulkWriter(wire as Required<Wire>, number, defaults, user)
    : channelWriter(channel, wire.frameMax, defaults);
}

/**
 * Frames of several channels may be mixed on a connection, those of one message may not (4.2.6): while this
 * writes, nothing else publishes on the channel.
 */
export function bulkWriter(
  wire: Required<Wire>,
  channel: number,
  defaults: MessageDefaults,
  user = "",
): BatchWriter {
  const encoder = frameEncoder(channel, wire.frameMax, defaults);
  const relaying = { channel, frameMax: wire.frameMax, mandatory: defaults.mandatory, user };
  const blocks = new SendBlocks(wire.stream);
  let block = Buffer.alloc(0);
  return {
    name: "bulk",
    write(batch) {
      let room = 0;
      let relayed: Map<number, Buffer> | undefined;
      const unsendable = checkEach(batch, (message, index) => {
        if (message.relayed === undefined) room += encoder.bound(encodedMessage(message));
        else {
          const frames = relayedFrames(message, relaying);
          relayed ??= new Map();
          relayed.set(index, frames);
          room += frames.length;
        }
      });
      if (room === 0) return unsendable;
      if (room > block.length) block = blocks.next(room, block);
      const bytes = encodeAll(encoder, batch, block, unsendable, relayed);
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
  relayed?: ReadonlyMap<number, Buffer>,
): Buffer {
  let at = 0;
  for (let i = 0; i < batch.length; i++) {
    if (unsendable?.has(i)) continue;
    const frames = relayed?.get(i);
    at = frames ? putBytes(bytes, at, frames) : encoder.write(bytes, at, encodedMessage(batch.at(i)!));
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
  const boundOf = frameBounds(defaults, frameMax);
  let full = false;
  channel.on("drain", () => {
    full = false;
  });
  return {
    name: "channel",
    isFull: () => full,
    write: (batch) =>
      checkEach(batch, (message) => {
        if (message.relayed !== undefined)
          throw unsendable(
            "this version of amqplib writes frames in another way: install the one that package.json of @streamll/transport-amqp091 names",
          );
        boundOf(encodedMessage(message));
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
function checkEach(
  batch: OutboundBatch,
  each: (message: OutboundMessage, index: number) => void,
): Unsendable | undefined {
  let unsendable: Map<number, TransportError> | undefined;
  for (let i = 0; i < batch.length; i++) {
    try {
      each(batch.at(i)!, i);
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
