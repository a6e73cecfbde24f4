import rhea, { type AmqpError, type Connection, type Session } from "rhea";

export const { create_container: createContainer, message, types } = rhea;

/** What rhea 3.0.5 keeps to itself and a sender needs. Beside this file only `link/rhea-sender.ts` looks inside of it. */
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
  readonly outgoing: Outgoing;
  readonly local: { readonly channel: number };
  links: Record<string, unknown>;
  on_flow(frame: unknown): void;
  on_attach(frame: { readonly performative: { readonly name: string; readonly role: boolean } }): void;
}

export interface Outgoing {
  next_delivery_id: number;
  next_pending_delivery: number;
  next_transfer_id: number;
  window: number;
  readonly remote_window?: number;
  transfer_window(): number;
  on_disposition(fields: Disposition): void;
}

interface Disposition {
  readonly first: number;
  readonly last?: number;
  readonly settled?: boolean;
  readonly state?: unknown;
}

const inside = (connection: Connection): Inside => connection as unknown as Inside;
export const sessionInside = (session: Session): SessionInside => session as unknown as SessionInside;

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

/** What an outcome says beside its name. */
export interface Outcome {
  readonly error?: AmqpError;
  readonly delivery_failed?: boolean;
  readonly undeliverable_here?: boolean;
}

/** Of a state with one of these names: others rhea writes to the console. */
export const outcomeOf = (state: unknown): Outcome =>
  (message as unknown as { unwrap_outcome(state: unknown): Outcome }).unwrap_outcome(state);

/** Of a connection whose login is over. */
export interface FrameReading {
  /** Reads whole frames; returns how many bytes. What it throws ends the connection. */
  read(chunk: Buffer): number;
}

export const frameReading = (connection: Connection): FrameReading =>
  (connection as unknown as { readonly amqp_transport: FrameReading }).amqp_transport;
