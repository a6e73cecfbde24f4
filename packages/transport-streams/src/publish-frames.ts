import { type MessageDefaults, type OutboundBatch, TransportError } from "@streamll/core";
import { type EncodedMessage, encodedMessage, startOf, TYPE } from "@streamll/core/internal";
import { type SendBlocks, shortFieldEnd, type Unsendable } from "@streamll/transport-kit";
import { type Dialect, messageEncoder } from "./message/message.js";
import {
  ENTRY_HEAD_BYTES,
  FILTER_HEAD_BYTES,
  PUBLISH_HEAD_BYTES,
  putEntryHead,
  putPublishHead,
  SIZE_BYTES,
} from "./protocol/publish.js";

/** Frames are not filled beyond this, in bytes, unless one message alone needs more. */
const FILL = 1024 * 1024;

export interface PublishFormat {
  /** Bytes of the largest frame. */
  readonly frameMax: number;
  /** Of the Publish command; 2 gives each message its type as the filter value. */
  readonly version: 1 | 2;
  readonly dialect: Dialect;
}

export interface PublishFrames {
  /** Hands `write` the frames of a batch, and never throws for one message's sake. */
  encode(batch: OutboundBatch, write: (frames: Buffer) => void): Unsendable | undefined;
}

/** Encodes batches as Publish frames, each as large as both ends allow. */
export function publishFrames(
  publisherId: number,
  { frameMax, version, dialect }: PublishFormat,
  defaults: MessageDefaults,
  blocks: SendBlocks,
): PublishFrames {
  const encoder = messageEncoder(defaults, dialect);
  const largest = frameMax + SIZE_BYTES;
  const full = Math.min(largest, FILL);
  const entryBound = ENTRY_HEAD_BYTES + (version === 2 ? FILTER_HEAD_BYTES + 255 : 0);
  let block = Buffer.alloc(0);

  function makeRoom(used: number, wanted: number): void {
    if (used + wanted <= block.length) return;
    const grown = blocks.next(Math.max(2 * used, used + wanted), block);
    block.copy(grown, 0, 0, used);
    block = grown;
  }

  return {
    encode(batch, write) {
      let unsendable: Map<number, TransportError> | undefined;
      let end = PUBLISH_HEAD_BYTES;
      let count = 0;
      const flush = () => {
        if (count === 0) return;
        putPublishHead(block, { version, publisherId, count, end });
        write(block.subarray(0, end));
        block = block.subarray(end);
        end = PUBLISH_HEAD_BYTES;
        count = 0;
      };
      for (let i = 0; i < batch.length; i++) {
        try {
          const message = batch.at(i)!;
          const { sequence } = message;
          const encoded = encodedMessage(message);
          const bound = entryBound + encoder.bound(encoded);
          if (end + bound > full) flush();
          makeRoom(end, bound);
          const next = putEntry(encoded, sequence, end);
          if (next > largest) throw tooLarge(next - end, frameMax);
          end = next;
          count++;
        } catch (error) {
          unsendable ??= new Map();
          unsendable.set(i, asUnsendable(error));
        }
      }
      flush();
      // One large message must not keep its room for good.
      if (block.buffer.byteLength > 4 * FILL) block = Buffer.alloc(0);
      return unsendable;
    },
  };

  function putEntry(message: EncodedMessage, sequence: number, at: number): number {
    const filterValue = version === 2 ? typeOf(message) : undefined;
    const sizeAt = putEntryHead(block, at, sequence, filterValue);
    const end = encoder.write(block, sizeAt + 4, message);
    block.writeUInt32BE(end - sizeAt - 4, sizeAt);
    return end;
  }
}

const typeOf = (message: EncodedMessage): string =>
  message.source.toString(
    "utf8",
    startOf(message.source, message.record, TYPE),
    shortFieldEnd(message, TYPE),
  );

const tooLarge = (bytes: number, frameMax: number) =>
  new TransportError(
    "too-large",
    `The message has ${bytes} bytes as it is stored, and a frame of this connection ${frameMax}. Lower maxEventBytes, or raise the broker's stream.frame_max`,
    { permanent: true },
  );

const asUnsendable = (error: unknown): TransportError =>
  error instanceof TransportError
    ? error
    : new TransportError("protocol", "The message cannot be stored in a stream", {
        cause: error,
        permanent: true,
      });
