import type { Endpoint, TransportOptions } from "@streamll/core";
import {
  type ConnectAttempt,
  connectWithin,
  endAfterStandstill,
  type Login,
  login,
  renewLogin,
} from "@streamll/transport-kit";
import type { ChannelModel } from "amqplib";
import { failure, type Stage } from "./failure.js";
import { destroy } from "./lifetime.js";
import { openConnection } from "./open.js";
import { declareTopology } from "./topology.js";
import { wireOf } from "./wire.js";

export interface SessionSetup {
  readonly options: TransportOptions;
  readonly endpoint: Endpoint;
  /** Shown by the broker. */
  readonly connectionName: string;
  readonly signal: AbortSignal;
}

/** A connection that is logged in, with the topology declared. */
export interface Session {
  readonly model: ChannelModel;
  readonly attempt: ConnectAttempt;
  /** Who is logged in; empty where the broker reads that from a certificate. */
  readonly user: string;
  /** What goes on now, for the message of a failure. */
  enter(stage: Stage): void;
}

/** What a connection needs to be kept alive. */
interface Kept {
  readonly closed: Promise<unknown>;
  readonly isBlocked?: boolean;
  fail(error: unknown): void;
}

/**
 * Opens a connection, and makes of it what `use` gives, all within `connectionTimeoutMs`. From then on it is watched for
 * standstills, and its password renewed.
 *
 * @throws TransportError
 */
export function openSession<T extends Kept>(
  { options, endpoint, connectionName, signal }: SessionSetup,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const { label } = endpoint;
  const { connectionTimeoutMs: timeoutMs, topology } = options;
  let stage: Stage = "connect";
  let ending: unknown;
  const failed = (error: unknown) => failure(ending ?? error, ending ? "connect" : stage, label);
  return connectWithin({ label, timeoutMs, signal, failure: failed }, async (attempt) => {
    const credentials = await attempt.race(login(options, endpoint));
    const model = await openConnection({ endpoint, connectionName, options, login: credentials, attempt });
    attempt.onFailure(() => destroy(wireOf(model).stream));
    // Tells more than the rejections of what was under way.
    const ended = (error?: Error) => {
      ending ??= error;
    };
    model.on("error", ended).on("close", ended);
    stage = "declare";
    await attempt.race(declareTopology(model, topology));
    stage = "connect";
    const enter = (next: Stage) => {
      stage = next;
    };
    const connection = await use({ model, attempt, user: credentials.username, enter });
    if (ending) throw ending;
    keep(connection, model, credentials, options, endpoint);
    return connection;
  });
}

function keep(
  connection: Kept,
  model: ChannelModel,
  first: Login,
  options: TransportOptions,
  endpoint: Endpoint,
): void {
  const { label } = endpoint;
  const { closed, fail } = connection;
  endAfterStandstill({ heartbeatMs: options.heartbeatMs, label, closed, fail });
  renewLogin(first, {
    ...{ options, endpoint, ended: closed, failed: fail },
    update: ({ password }) => model.updateSecret(Buffer.from(password), "about to expire"),
    blocked: () => connection.isBlocked ?? false,
  });
}
