import type { Duplex } from "node:stream";
import { corkForTurn, destroyAfterGrace, socketClosed } from "@streamll/transport-kit";
import type { Connection, ConnectionOptions, EventContext } from "rhea";
import type { Fault, Opening } from "./dialect.js";
import { FaultError, faultOf } from "./fault.js";
import { keepAlive } from "./keep-alive.js";
import type { FrameSink } from "./link/transfer-frames.js";
import {
  createContainer,
  failedLogin,
  isLoggedIn,
  stopTimers,
  takeIdleTimeout,
  tellSocketClosed,
} from "./rhea.js";

/** The first byte of a TLS record that is an alert. */
const TLS_ALERT = 0x15;
/** No frame that a broker sends here is large. */
const MAX_FRAME_SIZE = 64 * 1024;

export interface WireSetup {
  readonly opening: Pick<Opening, "sasl" | "hostname">;
  readonly socket: Duplex;
  readonly containerId: string;
  /** 0 switches it off. */
  readonly heartbeatMs: number;
}

/** A connection of rhea on a socket of ours. It never connects again, and its timers are ours. */
export interface Wire {
  readonly rhea: Connection;
  readonly socket: Duplex;
  /** Rejects with a {@link FaultError}. */
  readonly opened: Promise<void>;
  /** Settles once, with what ended it. */
  readonly ended: Promise<Fault>;
  readonly isEnded: boolean;
  /** What is written beside rhea's own frames. */
  readonly sink: FrameSink;
  /** Bytes that were written and the network has taken. */
  drainedBytes(): number;
  end(fault: Fault): void;
}

export function wireOn({ opening, socket, containerId, heartbeatMs }: WireSetup): Wire {
  const paced = pace(socket);
  const { hostname, sasl } = opening;
  // Without options rhea reads connect.json from the working directory, the user's home and /etc.
  const rhea = createContainer({ id: containerId }).create_connection({
    reconnect: false,
    container_id: containerId,
    hostname,
    sasl_init_hostname: hostname,
    max_frame_size: MAX_FRAME_SIZE,
    properties: { product: "streamll", platform: "Node.js", connection_name: containerId },
    ...(heartbeatMs === 0 ? {} : { idle_time_out: heartbeatMs }),
    // rhea would take the first of the peer's mechanisms, and counts a password in characters.
    ...(sasl ? { sasl_mechanisms: { [sasl.mechanism]: () => initially(sasl.response) } } : {}),
    connection_details: () => ({
      connect: (_port: number, _host: string, _options: unknown, connected: () => void) => {
        queueMicrotask(connected);
        return paced.facade;
      },
    }),
  } as unknown as ConnectionOptions);
  stopTimers(rhea);

  let isEnded = false;
  let isOpen = false;
  let resolveEnded!: (fault: Fault) => void;
  const ended = new Promise<Fault>((resolve) => {
    resolveEnded = resolve;
  });
  const end = (fault: Fault) => {
    if (isEnded) return;
    isEnded = true;
    resolveEnded(fault);
    // The frames that rhea still writes leave by themselves.
    destroyAfterGrace(socket, () => socket.destroy());
  };
  const endWith = (stage: Fault["stage"], otherwise: string) => (context: EventContext) =>
    end(faultOf(stage, context.error ?? rhea.error, otherwise));

  const opened = new Promise<void>((resolve, reject) => {
    rhea.once("connection_open", () => {
      isOpen = true;
      keepAlive(socket, { hear: heartbeatMs, speak: takeIdleTimeout(rhea) }, () =>
        end({ stage: "socket", description: SILENT }),
      );
      resolve();
    });
    void ended.then((fault) => reject(new FaultError(fault)));
  });
  opened.catch(() => {});

  // An event that nobody listens for is thrown by rhea, or written to the console.
  const closed = (context: EventContext) => {
    const stage = failedLogin(rhea) ? "login" : isOpen ? "connection" : "open";
    endWith(stage, "the broker closed the connection")(context);
  };
  rhea.on("connection_error", closed).on("connection_close", closed);
  rhea.on("session_error", () => {}).on("session_close", () => {});
  for (const link of ["sender", "receiver"]) rhea.on(`${link}_error`, () => {}).on(`${link}_close`, () => {});
  const broken = (error: Error) =>
    end({ stage: isOpen ? "connection" : "open", description: error.message, cause: error });
  rhea
    .on("error", broken)
    .on("protocol_error", broken)
    .on("disconnected", () => {});
  let speaksTls = false;
  socket.once("data", (first: Buffer) => {
    speaksTls = first[0] === TLS_ALERT;
  });
  const lost = (description: string, cause?: Error) =>
    end({
      stage: isLoggedIn(rhea) && !isOpen ? "open" : "socket",
      description: speaksTls ? SPEAKS_TLS : description,
      cause,
    });
  socket.on("error", (cause) => lost(cause.message, cause));
  socket.on("close", () => {
    lost(socketClosed().message);
    tellSocketClosed(rhea);
  });
  rhea.connect();

  return {
    rhea,
    socket,
    opened,
    ended,
    end,
    get isEnded() {
      return isEnded;
    },
    sink: {
      write: paced.facade.write,
      get bytesWritten() {
        return paced.bytesWritten();
      },
      get writableLength() {
        return socket.writableLength;
      },
      get maxFrameSize() {
        // None is smaller (AMQP 1.0, 2.7.1); 0 is no size.
        return Math.max(512, rhea.max_frame_size || Number.POSITIVE_INFINITY);
      },
    },
    drainedBytes: paced.drainedBytes,
  };
}

export const SPEAKS_TLS = "the port speaks TLS";
export const SILENT = "nothing was heard of the broker";

const initially = (response: Buffer) => ({
  start: (done: (error: undefined, response: Buffer) => void) => done(undefined, response),
});

/** What rhea takes for its socket: it writes a frame at a time, which leave together. */
function pace(socket: Duplex) {
  let written = 0;
  let drained = 0;
  return {
    facade: {
      on: (event: string, listener: (...args: unknown[]) => void) => socket.on(event, listener),
      write(frame: Buffer) {
        if (socket.writableEnded || socket.destroyed) return false;
        corkForTurn(socket);
        written += frame.length;
        return socket.write(frame);
      },
      end: () => socket.end(),
      destroy: () => socket.destroy(),
    },
    bytesWritten: () => written,
    drainedBytes() {
      drained = Math.max(drained, written - socket.writableLength);
      return drained;
    },
  };
}
