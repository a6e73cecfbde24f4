import rhea, { type Connection, type Sender, type Session } from "rhea";
import { Deliveries } from "./deliveries.js";
import { type OutgoingTransfer, transferFrames } from "./transfers.js";

export const { create_container: createContainer, message, types } = rhea;

/** What rhea 3.0.5 keeps to itself and a sender needs. Nothing else in this package looks inside of it. */
interface Inside {
  heartbeat_in: NodeJS.Timeout | null;
  heartbeat_out: NodeJS.Timeout | null;
  /** `open` frames, ours and the other end's. */
  local: { open: { idle_time_out?: number | undefined } };
  remote: { open?: { idle_time_out?: number | undefined } };
  transport_error?: unknown;
  amqp_transport: { header_received?: unknown };
  _disconnected(): void;
  readonly socket?: { write(bytes: Buffer): unknown };
  readonly socket_ready: boolean;
}

interface SessionInside {
  readonly outgoing: Outgoing;
  readonly local: { readonly channel: number };
  links: Record<string, unknown>;
  on_flow(frame: unknown): void;
  on_attach(frame: { readonly performative: { readonly name: string; readonly role: boolean } }): void;
}

interface Outgoing {
  readonly next_delivery_id: number;
  next_transfer_id: number;
  next_pending_delivery: number;
  window: number;
  readonly remote_window?: number;
  deliveries: Pick<Deliveries<DeliveryInside>, "by_id">;
  transfer_window(): number;
  process(): void;
  on_disposition(fields: Disposition): void;
}

interface DeliveryInside extends OutgoingTransfer {
  remote_settled: boolean;
}

interface Disposition {
  readonly first: number;
  readonly last?: number;
  readonly settled?: boolean;
  readonly state?: Readonly<Record<string, unknown>>;
}

interface SenderInside {
  credit: number;
  delivery_count: number;
  readonly local: { readonly handle: number };
  readonly remote: { readonly attach?: { readonly target?: unknown } };
}

const inside = (connection: Connection): Inside => connection as unknown as Inside;
export const sessionInside = (session: Session): SessionInside => session as unknown as SessionInside;
const senderInside = (sender: Sender): SenderInside => sender as unknown as SenderInside;

/**
 * rhea's own timers hold the process and are set anew for each frame: here they never run. What each end asked for
 * is read and hidden from rhea once the connection is open.
 */
export function stopTimers(connection: Connection): void {
  for (const name of ["heartbeat_in", "heartbeat_out"] as const) {
    Object.defineProperty(connection, name, {
      get: () => null,
      set: (timer?: NodeJS.Timeout) => clearTimeout(timer),
    });
  }
}

/** How often the other end has to hear from us, in milliseconds; `undefined` where it sets no limit. */
export function takeIdleTimeout(connection: Connection): number | undefined {
  const { local, remote } = inside(connection);
  const asked = remote.open?.idle_time_out;
  local.open.idle_time_out = undefined;
  if (remote.open) remote.open.idle_time_out = undefined;
  return asked || undefined;
}

/** rhea hears of "end" and "error" of its socket, not of "close". */
export const tellSocketClosed = (connection: Connection): void => inside(connection)._disconnected();

/** Whether what ended it was the login. */
export const failedLogin = (connection: Connection): boolean =>
  inside(connection).transport_error !== undefined;

/** The other end took the login, and speaks AMQP. */
export const isLoggedIn = (connection: Connection): boolean =>
  inside(connection).amqp_transport.header_received !== undefined;

/** How many deliveries the other end has allowed on the link, from its first on. */
export function creditLimit(sender: Sender): number {
  const { credit, delivery_count: count } = senderInside(sender);
  return count + (Number.isFinite(credit) ? credit : 0);
}

/** Deliveries that left rhea for the socket. */
export const departed = (sender: Sender): number => senderInside(sender).delivery_count;

/** A peer that refuses a link attaches it without a target, and detaches it then with the reason. */
export function isRefused(sender: Sender): boolean {
  const target = senderInside(sender).remote.attach?.target;
  // rhea leaves a null in the middle of the frame in its wrapping.
  return !target || (target as { readonly value?: unknown }).value === null;
}

/** A settlement without an outcome, or with one that rhea does not know, it would write to the console. */
export function quietOutcomes(session: Session): void {
  const { outgoing } = sessionInside(session);
  const { on_disposition: original } = outgoing;
  outgoing.on_disposition = ({ first, last, settled, state }) => {
    const known = outcomeNames.some((name) => state && message[`is_${name}`](state));
    original.call(outgoing, {
      first,
      ...(last ? { last } : {}),
      settled: settled === true,
      ...(known ? { state } : {}),
    });
  };
}

/** Lets no unsettled delivery hold up the others. Call it for a session that has sent nothing yet. */
export function settleEachByItself(session: Session): void {
  sessionInside(session).outgoing.deliveries = new Deliveries<DeliveryInside>();
}

const outcomeNames = ["accepted", "rejected", "released", "modified", "received"] as const;

/** Calls back after each flow of the session, also one that names no link: rhea has no event for that. */
export function onFlow(session: Session, listener: () => void): void {
  const own = sessionInside(session);
  const { on_flow: original } = own;
  own.on_flow = (frame) => {
    original.call(session, frame);
    listener();
  };
}

/** Of transfers that leave together, in bytes. */
const PIECE = 64 * 1024;

/**
 * rhea makes the frame of each transfer field by field, in a buffer of its own: a third of what a message costs. Here
 * all that may go leaves together; what takes several frames is left to rhea. The session has this sender alone.
 */
export function sendTogether(session: Session, sender: Sender): void {
  const { outgoing, local } = sessionInside(session);
  const link = senderInside(sender);
  const { process: original } = outgoing;
  outgoing.process = () => {
    const { socket, socket_ready: isReady } = inside(session.connection);
    if (socket && isReady) {
      for (let next = take(outgoing, link); next.length > 0; next = take(outgoing, link))
        socket.write(transferFrames(local.channel, link.local.handle, next));
    }
    original.call(outgoing);
  };
}

/** What may go now, counted as gone. */
function take(outgoing: Outgoing, link: SenderInside): DeliveryInside[] {
  const taken: DeliveryInside[] = [];
  for (let bytes = 0; bytes < PIECE && link.credit > 0 && outgoing.transfer_window() > 0; ) {
    const delivery = outgoing.deliveries.by_id(outgoing.next_pending_delivery);
    if (delivery?.data.length !== 1) break;
    if (delivery.settled) delivery.remote_settled = true;
    outgoing.next_pending_delivery++;
    outgoing.next_transfer_id++;
    outgoing.window--;
    link.credit--;
    link.delivery_count++;
    bytes += delivery.data[0]!.length;
    taken.push(delivery);
  }
  return taken;
}
