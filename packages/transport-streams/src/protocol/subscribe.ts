import type { LogPosition } from "@streamll/core";
import type { Reader } from "./reader.js";
import { map, string, u8, u16, u64 } from "./writer.js";

const OFFSET = 4;
const TIMESTAMP = 5;
const named = { first: 1, last: 2, next: 3 } as const;

/** Where to begin, as the protocol says it. A timestamp is in milliseconds. */
export function offsetSpecification(position: LogPosition): Buffer {
  if (typeof position === "string") return u16(named[position]);
  return typeof position === "number"
    ? Buffer.concat([u16(OFFSET), u64(position)])
    : Buffer.concat([u16(TIMESTAMP), u64(Math.max(0, position.getTime()))]);
}

export interface SubscribeCommand {
  /** Unique within the connection: 0 to 255. */
  readonly subscriptionId: number;
  readonly stream: string;
  readonly position: LogPosition;
  /** How many chunks may come. */
  readonly credit: number;
  /** `name`, `single-active-consumer`, `super-stream`. */
  readonly properties: Readonly<Record<string, string>>;
}

export const subscribe = ({
  subscriptionId,
  stream,
  position,
  credit,
  properties,
}: SubscribeCommand): Buffer =>
  Buffer.concat([
    u8(subscriptionId),
    string(stream),
    offsetSpecification(position),
    u16(credit),
    map(properties),
  ]);

export const unsubscribe = (subscriptionId: number): Buffer => u8(subscriptionId);

/** Answered only where it is refused. */
export const credit = (subscriptionId: number, chunks: number): Buffer =>
  Buffer.concat([u8(subscriptionId), u16(chunks)]);

/** Whether a subscription of a single active consumer is the active one from now on. Asked by the broker. */
export const readConsumerUpdate = (request: Reader) => ({
  correlationId: request.u32(),
  subscriptionId: request.u8(),
  active: request.u8() === 1,
});

/** In the place of a position, from one that is no longer active. */
export const noOffset = (): Buffer => u16(0);
