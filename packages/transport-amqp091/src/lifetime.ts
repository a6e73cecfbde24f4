import type { Socket } from "node:net";
import type { TransportError } from "@streamll/core";
import { connectionLife, destroyAfterGrace, socketClosed } from "@streamll/transport-kit";
import type { Channel, ChannelModel } from "amqplib";
import { failure, type Stage } from "./failure.js";
import { wireOf } from "./wire.js";

export interface LifetimeSetup {
  readonly model: ChannelModel;
  /** The one in use: connection and channel live and die together. */
  readonly channel: Channel;
  readonly stage: Stage;
  /** The endpoint's, for messages. */
  readonly label: string;
  /** Ends it in good order; it may take as long as it likes, and fail. */
  readonly goodbye: () => Promise<void>;
  /** What an error of the channel means beyond what it says; the connection ends over what this gives. */
  readonly channelFailed?: (error: Error) => Error;
  /** The last that happens before `closed` settles. */
  readonly lastly?: () => void;
}

/** How a connection ends, whoever ends it: the program, the broker, the network or amqplib. */
export interface Lifetime {
  readonly closed: Promise<TransportError | undefined>;
  readonly isOver: boolean;
  /** From the beginning of {@link close} on. */
  readonly isClosing: boolean;
  /** Ends it because it may not be used any longer. */
  fail(error: unknown): void;
  /** As `close` of the seam has it: by `goodbye`, or at once when the signal aborts. */
  close(signal: AbortSignal): Promise<void>;
}

export function lifetimeOf({ model, channel, stage, label, ...setup }: LifetimeSetup): Lifetime {
  const wire = wireOf(model);
  const { stream } = wire;
  let isOver = false;
  let resolveGone!: (error: TransportError) => void;
  const life = connectionLife({
    gone: new Promise((resolve) => {
      resolveGone = resolve;
    }),
    goodbye: setup.goodbye,
    destroy() {
      end(new Error("Closed"));
      destroy(stream);
    },
  });

  function end(error: unknown): void {
    if (isOver) return;
    isOver = true;
    setup.lastly?.();
    resolveGone(failure(error, stage, label));
  }

  function fail(error: unknown): void {
    end(error);
    if (!life.isClosing()) model.close().catch(() => {});
    destroyAfterGrace(stream, () => destroy(stream));
  }

  // 320 CONNECTION_FORCED, an ordinary shutdown of the broker, comes as "close" alone.
  model.on("error", (error) => end(error));
  model.on("close", (error) => {
    end(error ?? new Error("Unexpected close"));
    destroyAfterGrace(stream, () => destroy(stream));
  });
  // amqplib forgets a socket that was destroyed under it until its heartbeat fails.
  stream.once("close", () => end(socketClosed()));
  channel.on("error", (error) => fail(setup.channelFailed?.(error) ?? error));
  // Where the connection takes the channel along, its own event comes next, and says why.
  channel.on("close", () =>
    queueMicrotask(() => life.isClosing() || fail(new Error("Unexpected close of the channel"))),
  );
  // Else amqplib throws what a listener throws, and the remaining frames of that chunk are lost.
  channel.on("handler-error", fail);
  wire.on("handler-error", fail);

  return {
    closed: life.closed,
    close: life.close,
    fail,
    get isOver() {
      return isOver;
    },
    get isClosing() {
      return life.isClosing();
    },
  };
}

/** With an error amqplib notices, and stops its heartbeat. */
export function destroy(stream: Socket): void {
  stream.destroy(new Error("Connection given up"));
}
