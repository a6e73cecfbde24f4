import type { Socket } from "node:net";
import type { Channel, ChannelModel } from "amqplib";

/** The part of amqplib's connection that has no types: stable since 0.5, and asked for before it is used. */
export interface Wire {
  readonly stream: Socket;
  /** Largest frame that both sides agreed on, in bytes, with its 8 bytes around the payload. */
  readonly frameMax: number;
  readonly heartbeater?: { readonly sendTimer?: NodeJS.Timeout; readonly recvTimer?: NodeJS.Timeout } | null;
  readonly sendBytes?: (bytes: Buffer) => void;
  on(event: "handler-error", listener: (error: Error) => void): unknown;
}

export const wireOf = (model: ChannelModel): Wire => model.connection as unknown as Wire;

/** The channel's number on the wire, where amqplib still keeps it there. */
export const channelNumber = (channel: Channel): number | undefined => {
  const { ch } = channel as unknown as { ch?: unknown };
  return typeof ch === "number" ? ch : undefined;
};

/** amqplib unrefs nothing: an open connection would keep the process alive. */
export function unrefWire({ stream, heartbeater }: Wire): void {
  stream.unref();
  heartbeater?.sendTimer?.unref();
  heartbeater?.recvTimer?.unref();
}
