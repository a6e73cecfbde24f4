import { setMaxListeners } from "node:events";
import type { OutboundBatch, Settle, TransportConnection, TransportError } from "@streamll/core";
import {
  afterDrain,
  connectionLife,
  refuseAccused,
  type Suspects,
  socketFlow,
} from "@streamll/transport-kit";
import type { Dialect, OpenConnection, Opening } from "./dialect.js";
import { failure } from "./failure.js";
import type { Group } from "./link/group.js";
import { BEFORE_CREDIT, SenderLink } from "./link/link.js";
import { TransferFrames } from "./link/transfer-frames.js";
import type { Wire } from "./wire.js";

const BLOCKED = "the broker takes nothing: it has closed the session's window (see whether it has an alarm)";

export interface LaneSetup {
  readonly wire: Wire;
  readonly dialect: Dialect;
  readonly opening: Pick<Opening, "attaching" | "declined" | "user">;
  readonly confirms: boolean;
  /** The suspects of the lane, which outlive the connection. */
  readonly suspects: Suspects;
  /** Bounds each request on the connection, in milliseconds. */
  readonly timeoutMs: number;
  /** The endpoint's, for messages. */
  readonly label: string;
}

export interface LaneConnection extends TransportConnection {
  readonly open: OpenConnection;
  /** Opens the link that is there from the start. */
  attach(address: string): Promise<void>;
}

/** Publishes on an open connection, with a link for each address. */
export function laneConnection({ wire, dialect, opening, ...lane }: LaneSetup): LaneConnection {
  const { label } = lane;
  const { socket, rhea } = wire;
  const frames = new TransferFrames(wire.sink);
  const links = new Map<string, SenderLink>();
  const use = new AbortController();
  // Each address and each request adds a listener, and Node warns of an eleventh.
  setMaxListeners(0, use.signal);
  let reason: TransportError | undefined;
  let pauses = 0;
  let whenIdle: (() => void) | undefined;
  let retiring = false;

  const life = connectionLife({
    gone: wire.ended.then((fault) => {
      for (const link of links.values()) link.stop();
      use.abort();
      return reason ?? dialect.failure(fault, label);
    }),
    async goodbye() {
      if (!isBlocked()) await idle();
      // The links go first: their answers say that all before it was read.
      await Promise.all([...links.values()].map((link) => link.close()));
      rhea.close();
      await wire.ended;
    },
    destroy() {
      wire.end({ stage: "connection", description: "Closed" });
      socket.destroy();
    },
  });

  function fail(error: unknown): void {
    if (wire.isEnded) return;
    reason = failure(error, dialect, label);
    for (const link of links.values()) link.stop();
    if (!life.isClosing()) rhea.close();
    wire.end({ stage: "connection", description: reason.message, cause: reason });
  }

  const open: OpenConnection = {
    rhea,
    life: use.signal,
    timeoutMs: lane.timeoutMs,
    fail,
    get isBlocked() {
      return isBlocked();
    },
    pause(until) {
      pauses++;
      flow.tell();
      const done = () => {
        pauses--;
        flow.tell();
      };
      until.then(done, done);
    },
    retire() {
      retiring = true;
      flow.tell();
    },
  };

  function linkTo(address: string): SenderLink {
    const found = links.get(address);
    if (found) return found;
    const link = new SenderLink({
      connection: rhea,
      frames,
      dialect,
      address,
      confirms: lane.confirms,
      user: opening.user,
      label,
      attaching: async () => opening.attaching?.(address, open),
      changed() {
        flow.tell();
        if (whenIdle && isIdle()) whenIdle();
      },
      declined: (answer) => opening.declined?.(answer),
      accused: (all, error) => refuseAccused(all, lane.suspects, error),
      written: (then) => afterDrain(socket, then),
      failed: fail,
    });
    links.set(address, link);
    return link;
  }

  const isBlocked = () => [...links.values()].some((link) => link.isBlocked);
  const isIdle = () => [...links.values()].every((link) => link.isIdle);
  const idle = () =>
    new Promise<void>((resolve) => {
      whenIdle = resolve;
      if (isIdle()) resolve();
    });

  const flow = socketFlow(socket, (full) => {
    if (wire.isEnded) return undefined;
    const all = [...links.values()];
    if (isBlocked()) return { credit: 0, blocked: BLOCKED };
    if (retiring && isIdle()) {
      life.expectEnd();
      rhea.close();
      return undefined;
    }
    const credit = Math.min(...(all.length === 0 ? [BEFORE_CREDIT] : all.map((link) => link.room)));
    return { credit: full || retiring || pauses > 0 ? 0 : credit };
  });

  /** What a listener throws would be thrown out of rhea into the host. */
  const guarded =
    (settle: Settle): Settle =>
    (from, to, outcome) => {
      try {
        settle(from, to, outcome);
      } catch (error) {
        fail(error);
      }
    };

  return {
    closed: life.closed,
    open,
    attach: (address) => linkTo(address).open(),
    publish(batch, settle) {
      if (wire.isEnded || life.isClosing()) return;
      for (const [address, group] of groupsOf(batch, guarded(settle), dialect)) linkTo(address).hand(group);
      process.nextTick(flow.checkRoom);
    },
    onFlow: flow.onFlow,
    close: life.close,
    drainedBytes: wire.drainedBytes,
  };
}

function* groupsOf(batch: OutboundBatch, settle: Settle, dialect: Dialect): Generator<[string, Group]> {
  const indices = new Map<string, number[]>();
  for (const [index, address] of batch.map((message) => dialect.addressOf(message)).entries()) {
    const found = indices.get(address);
    if (found) found.push(index);
    else indices.set(address, [index]);
  }
  for (const [address, at] of indices) yield [address, { batch, indices: at, settle }];
}
