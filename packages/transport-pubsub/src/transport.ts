import {
  type Endpoint,
  type Transport,
  TransportError,
  TransportNotInstalledError,
  type TransportOptions,
} from "@streamll/core";
import { grantedCapabilities, isStreamllError } from "@streamll/core/internal";
import { connectWithin } from "@streamll/transport-kit";
import type { TokenSource } from "./auth/token-source.js";
import { nobody, tokensFor } from "./auth/tokens.js";
import { subscription } from "./consume/subscription.js";
import { pubsubDescription } from "./description.js";
import { failure } from "./failure.js";
import { type Line, lineTo } from "./line.js";
import type { pubsubOptions } from "./options.js";
import { laneConnection } from "./publish/connection.js";
import { checkTopology, prepare } from "./topology.js";

export type PubSubTransportOptions = TransportOptions<typeof pubsubOptions>;

/** @throws ConfigurationError for a topology that Pub/Sub cannot have. */
export function pubsub(options: PubSubTransportOptions): Transport {
  checkTopology(options.topology);
  const { connectionTimeoutMs: timeoutMs } = options;
  const tokensOf = tokensByEndpoint(options);
  // Each look counts against a quota of the project: one is enough, until something turns out to be missing.
  let prepared = false;
  const missed = ({ kind }: TransportError) => {
    if (kind === "not-found") prepared = false;
  };

  /** Opens a line, has it prepared, and puts something on it. */
  const opened = <T>(
    endpoint: Endpoint,
    outer: AbortSignal,
    ready: (line: Line, signal: AbortSignal) => Promise<void>,
    then: (line: Line, signal: AbortSignal) => Promise<T>,
  ) => {
    const { label } = endpoint;
    const failed = (error: unknown) => connectFailure(error, label);
    return connectWithin({ label, timeoutMs, signal: outer, failure: failed }, async (attempt) => {
      const line = lineTo({ endpoint, options, tokens: tokensOf(endpoint), attempt });
      attempt.onFailure(() => line.end());
      const lost = line.gone.then((error) => {
        throw error;
      });
      lost.catch(() => {});
      await attempt.race(Promise.race([ready(line, attempt.signal), lost]));
      attempt.reached("broker");
      return attempt.race(Promise.race([then(line, attempt.signal), lost]));
    });
  };

  return {
    name: pubsubDescription.name,
    capabilities: grantedCapabilities(pubsubDescription.capabilities, options),
    connect: (endpoint, _lane, outer) =>
      opened(
        endpoint,
        outer,
        async (line, signal) => {
          if (prepared) return line.api.probe(timeoutMs);
          await prepare(line, options, signal);
          prepared = true;
        },
        async (line) => laneConnection(line, options, missed),
      ),
    consuming: {
      ...pubsubDescription.consuming,
      subscribe: (endpoint, request, outer) =>
        opened(
          endpoint,
          outer,
          (line, signal) => prepare(line, options, signal),
          (line, signal) => subscription(line, request, options, signal),
        ),
    },
  };
}

/** To the engine a connect that is throttled is one connection too many; here a quota of requests is used up. */
function connectFailure(error: unknown, label: string): Error {
  if (isUninstalled(error)) return error;
  const told = failure(error, label);
  return told.kind === "throttled" ? new TransportError("unreachable", told.message, { cause: error }) : told;
}

const isUninstalled = (error: unknown): error is Error =>
  isStreamllError(error) && error instanceof TransportNotInstalledError;

/** Lanes share their tokens: one is good for an hour. */
function tokensByEndpoint(options: PubSubTransportOptions): (endpoint: Endpoint) => TokenSource {
  const known = new Map<string, TokenSource>();
  return (endpoint) => {
    if (endpoint.scheme !== "pubsub") return nobody;
    const tokens = known.get(endpoint.label) ?? tokensFor(options, options.own.serviceAccountKey, endpoint);
    known.set(endpoint.label, tokens);
    return tokens;
  };
}
