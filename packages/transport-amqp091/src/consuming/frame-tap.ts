import { TransportError } from "@streamll/core";
import type { Channel, ChannelModel } from "amqplib";
import { channelNumber, type Wire, wireOf } from "../wire.js";
import type { DeliveryReader } from "./delivery-reader.js";
import { FrameReader } from "./frame-reader.js";

/** What of amqplib's connection reads and writes frames: it has no types, and is asked for before it is used. */
export interface ConsumingWire extends Required<Pick<Wire, "stream" | "frameMax" | "sendBytes">> {
  /** What was read, and is no whole frame. */
  rest: Buffer;
  recvSinceLastCheck: boolean;
  /** The next frame, decoded; `false` where none is whole. */
  recvFrame(): unknown;
}

/** @throws TransportError where amqplib has changed. */
export function consumingWire(
  model: ChannelModel,
  channel: Channel,
): { readonly wire: ConsumingWire; readonly number: number } {
  const wire = wireOf(model) as Partial<ConsumingWire>;
  const number = channelNumber(channel);
  const isKnown =
    typeof wire.recvFrame === "function" &&
    typeof wire.sendBytes === "function" &&
    Buffer.isBuffer(wire.rest);
  if (isKnown && number !== undefined) return { wire: wire as ConsumingWire, number };
  const text =
    "This version of amqplib reads and writes frames in another way: install the one that package.json of @streamll/transport-amqp091 names";
  throw new TransportError("protocol", text, { permanent: true });
}

/**
 * Takes the frames of deliveries before amqplib reads them, and leaves it all others. amqplib copies what is cut, decodes
 * all of each message in any case, and loses types on the way: of integers, of timestamps, of what is no UTF-8.
 *
 * @param pause called when no delivery comes next: all of this turn is there, or a frame that is none.
 */
export function tapDeliveries(wire: ConsumingWire, deliveries: DeliveryReader, pause: () => void): void {
  const readByAmqplib = wire.recvFrame;
  const frames = new FrameReader(wire.frameMax);
  frames.push(wire.rest);
  wire.rest = Buffer.alloc(0);
  wire.recvFrame = () => {
    for (;;) {
      if (!frames.next()) {
        const chunk = wire.stream.read() as Buffer | null;
        if (chunk === null) {
          pause();
          return false;
        }
        wire.recvSinceLastCheck = true;
        frames.push(chunk);
      } else if (deliveries.takes(frames)) deliveries.read(frames);
      else {
        pause();
        wire.rest = frames.whole();
        return readByAmqplib.call(wire);
      }
    }
  };
}
