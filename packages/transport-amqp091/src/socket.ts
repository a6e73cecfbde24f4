import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/**
 * Catches the socket that amqplib opens while `open` runs, which it hands out only once the handshake is done;
 * before that it could be neither unref'd nor watched. `undefined` where the runtime does not announce it.
 */
export function catchSocket<T>(open: () => T): { readonly result: T; readonly socket: Socket | undefined } {
  let socket: Socket | undefined;
  const announced = (message: unknown) => {
    socket = (message as { socket?: Socket }).socket;
  };
  subscribe("net.client.socket", announced);
  try {
    const result = open();
    return { result, socket };
  } finally {
    unsubscribe("net.client.socket", announced);
  }
}
