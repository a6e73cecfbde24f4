import rhea, { type Connection, type Sender, type Session } from "rhea";

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
}

interface SessionInside {
  readonly outgoing: {
    readonly next_delivery_id: number;
    readonly next_transfer_id: number;
    readonly remote_window?: number;
    transfer_window(): number;
    on_disposition(fields: Disposition): void;
  };
  links: Record<string, unknown>;
  on_flow(frame: unknown): void;
  on_attach(frame: { readonly performative: { readonly name: string; readonly role: boolean } }): void;
}

interface Disposition {
  readonly first: number;
  readonly last?: number;
  readonly settled?: boolean;
  readonly state?: Readonly<Record<string, unknown>>;
}

interface SenderInside {
  readonly credit: number;
  readonly delivery_count: number;
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

/** How often the other end wants to hear of us at least, in milliseconds; `undefined` where it does not mind. */
export function takeIdleTimeout(connection: Connection): number | undefined {
  const { local, remote } = inside(connection);
  const asked = remote.open?.idle_time_out;
  local.open.idle_time_out = undefined;
  if (remote.open) remote.open.idle_time_out = undefined;
  return asked || undefined;
}

/** rhea hears of "end" and "error" of its socket, not of "close". */
export const socketClosed = (connection: Connection): void => inside(connection)._disconnected();

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
