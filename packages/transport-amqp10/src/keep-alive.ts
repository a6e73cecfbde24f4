import type { Duplex } from "node:stream";

/** An empty frame (AMQP 1.0, 2.4.5). */
const EMPTY = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]);

export interface Intervals {
  /** The other end speaks at least that often; twice as long without a byte, and it is gone. 0: it need not. */
  readonly hear: number;
  /** How often the other end has to hear from us. */
  readonly speak: number | undefined;
}

/** Both directions of the idle time-out, until the socket closes. In milliseconds. */
export function keepAlive(socket: Duplex, { hear, speak }: Intervals, silent: () => void): void {
  const timers: NodeJS.Timeout[] = [];
  if (speak !== undefined) {
    const beat = () => {
      if (socket.writable) socket.write(EMPTY);
    };
    timers.push(setInterval(beat, Math.max(1, speak / 2)));
  }
  if (hear > 0) {
    let heard = 0;
    let missed = 0;
    socket.on("data", () => heard++);
    const listen = () => {
      missed = heard > 0 ? 0 : missed + 1;
      heard = 0;
      // A stalled event loop did not read what is there: one turn of it decides.
      if (missed >= 4) setImmediate(() => heard === 0 && silent());
    };
    timers.push(setInterval(listen, hear / 2));
  }
  for (const timer of timers) timer.unref();
  socket.once("close", () => timers.forEach(clearInterval));
}
