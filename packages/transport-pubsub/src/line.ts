import type { Endpoint, TransportError, TransportOptions } from "@streamll/core";
import { type ConnectAttempt, dialAddressOf, endAfterStandstill } from "@streamll/transport-kit";
import type { TokenSource } from "./auth/token-source.js";
import { failure } from "./failure.js";
import { type Api, apiOf } from "./http/api.js";
import { httpClient } from "./http/client.js";
import { watchSilence } from "./silence.js";

const PORTS = { plain: 8085, tls: 443 };

/** What one lane, or one subscription, speaks to the service by: sockets that are its own, and its right to use them. */
export interface Line {
  readonly api: Api;
  readonly project: string;
  /** The endpoint's, for messages. */
  readonly label: string;
  /** Settles when it has ended, with what ended it. */
  readonly gone: Promise<TransportError>;
  isEnded(): boolean;
  /** Ends it, with all that is under way. */
  end(error?: TransportError): void;
  /** Called once, for what is to happen when a socket breaks or the host falls silent. */
  onBroken(listener: (error: TransportError) => void): void;
  drainedBytes(): number;
}

export interface LineSetup {
  readonly endpoint: Endpoint;
  readonly options: Pick<TransportOptions, "tls" | "connectionTimeoutMs" | "heartbeatMs">;
  readonly tokens: TokenSource;
  readonly attempt: Pick<ConnectAttempt, "reached">;
}

/** Opens nothing yet: a socket is opened when a request needs one. */
export function lineTo({ endpoint, options, tokens, attempt }: LineSetup): Line {
  const { label, path: project, scheme } = endpoint;
  const { heartbeatMs, connectionTimeoutMs } = options;
  const tls = scheme === "pubsub" ? { tls: options.tls ?? {} } : {};
  const address = dialAddressOf(endpoint, { connectionTimeoutMs, ...tls }, PORTS);
  let listener = end;
  let ended: TransportError | undefined;
  let resolveGone!: (error: TransportError) => void;
  const gone = new Promise<TransportError>((resolve) => {
    resolveGone = resolve;
  });
  const broken = (error: unknown) => listener(failure(error, label));
  const client = httpClient(address, () => attempt.reached("host"), broken);
  const api = apiOf(client, tokens);

  function end(error: TransportError): void {
    if (ended !== undefined) return;
    ended = error;
    client.destroy();
    resolveGone(error);
  }

  watchSilence({ heartbeatMs, label, client, api, gone, silent: (error) => end(error), broken });
  endAfterStandstill({ heartbeatMs, label, closed: gone, fail: end });
  return {
    ...{ api, project, label, gone, drainedBytes: client.drainedBytes },
    isEnded: () => ended !== undefined,
    end: (error = failure(new Error("closed"), label)) => end(error),
    onBroken(tell) {
      listener = tell;
    },
  };
}
