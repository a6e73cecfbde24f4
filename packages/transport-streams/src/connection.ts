import type {
  MessageDefaults,
  PublishOutcome,
  Settle,
  TransportConnection,
  TransportError,
} from "@streamll/core";
import {
  afterDrain,
  connectionLife,
  rangesBetween,
  SendBlocks,
  socketFlow,
  type Unsendable,
} from "@streamll/transport-kit";
import { Confirms } from "./confirms.js";
import { failure } from "./failure.js";
import { close } from "./protocol/close.js";
import { OK } from "./protocol/codes.js";
import { CLOSE, METADATA_UPDATE, PUBLISH_CONFIRM, PUBLISH_ERROR } from "./protocol/commands.js";
import { readConfirmHead, readPublishErrors } from "./protocol/confirm.js";
import { readMetadataUpdate } from "./protocol/metadata.js";
import { type PublishFormat, publishFrames } from "./publish-frames.js";
import { RefusedError, type Wire } from "./wire.js";

/** A connection has one publisher, so that no answer for another one can be mistaken for an answer for it. */
export const PUBLISHER_ID = 0;

const written: PublishOutcome = { kind: "written" };

export interface OpenPublisher {
  readonly wire: Wire;
  readonly format: PublishFormat;
  readonly message: MessageDefaults;
  readonly confirms: boolean;
  /** The endpoint's and the stream's, for messages. */
  readonly label: string;
  /** What the stream has stored under the publisher's name. */
  readonly lastSequence: number | undefined;
}

export interface PublisherConnection extends TransportConnection {
  /** The highest one that was ever written here, or stored before. */
  readonly highestSequence: number;
  problem: TransportError | undefined;
}

/** Publishes to the leader of a stream, under a publisher that was declared. */
export function publisherConnection({ wire, format, ...lane }: OpenPublisher): PublisherConnection {
  const { label } = lane;
  const { socket } = wire;
  const frames = publishFrames(PUBLISHER_ID, format, lane.message, new SendBlocks(socket));
  const confirms = lane.confirms ? new Confirms() : undefined;
  let highestSequence = lane.lastSequence ?? 0;
  /** Where in the stream of bytes what was published ends: a heartbeat after it is no progress. */
  let publishedTo = socket.bytesWritten;

  const { isClosing, ...life } = connectionLife({
    gone: wire.ended.then((error) => failure(error, "use", label)),
    async goodbye() {
      // RabbitMQ answers CLOSE at once, and confirms nothing after it.
      await confirms?.answered();
      await wire.ask(CLOSE, close({ code: OK, reason: "OK" }));
    },
    destroy: () => wire.end(new Error("Closed")),
  });
  const write = (bytes: Buffer) => wire.publish(bytes);

  const flow = socketFlow(socket, (full) => ({ credit: full ? 0 : Number.POSITIVE_INFINITY }));

  wire.onPush = (command, content) => {
    if (command === PUBLISH_CONFIRM) {
      const { publisherId, count } = readConfirmHead(content);
      if (publisherId === PUBLISHER_ID) confirms?.confirm(content, count);
    } else if (command === PUBLISH_ERROR) {
      // It may be stored all the same, and what came after it must not overtake it: the lane begins anew.
      const { publisherId, errors } = readPublishErrors(content);
      if (publisherId === PUBLISHER_ID && errors[0]) wire.end(new RefusedError(errors[0].code));
    } else if (command === METADATA_UPDATE) {
      // The stream is gone or has another leader, and the publisher with it.
      wire.end(new RefusedError(readMetadataUpdate(content).code));
    }
  };

  function settleWritten(
    batch: { readonly length: number },
    unsendable: Unsendable | undefined,
    settle: Settle,
  ) {
    afterDrain(socket, () => {
      if (wire.isEnded) return;
      for (const [from, to] of rangesBetween(batch, unsendable)) settle(from, to, written);
    });
  }

  return {
    closed: life.closed,
    problem: undefined,
    get highestSequence() {
      return highestSequence;
    },
    ...(lane.lastSequence === undefined ? {} : { lastSequence: lane.lastSequence }),
    publish(batch, settle) {
      if (wire.isEnded || isClosing()) return;
      const unsendable = frames.encode(batch, write);
      publishedTo = socket.bytesWritten;
      highestSequence = Math.max(highestSequence, batch.at(-1)?.sequence ?? 0);
      if (confirms) confirms.add(batch, settle, unsendable);
      else settleWritten(batch, unsendable, settle);
      for (const [index, error] of unsendable ?? []) settle(index, index + 1, { kind: "refused", error });
      flow.checkRoom();
    },
    onFlow: flow.onFlow,
    close: life.close,
    drainedBytes: () => Math.min(publishedTo, socket.bytesWritten - socket.writableLength),
  };
}
