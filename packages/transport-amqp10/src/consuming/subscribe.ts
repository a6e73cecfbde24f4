import { setMaxListeners } from "node:events";
import {
  type Endpoint,
  type SubscribeRequest,
  type Subscription,
  TransportError,
  type TransportOptions,
} from "@streamll/core";
import { connectionLife } from "@streamll/transport-kit";
import type { Dialect, OpenConnection } from "../dialect.js";
import { failure } from "../failure.js";
import { openWire } from "../open-wire.js";
import type { Consumer, ConsumingDialect } from "./consumer.js";
import { tapTransfers } from "./transfer-tap.js";

export interface Subscribing {
  readonly options: TransportOptions;
  readonly dialect: Dialect;
  readonly consuming: ConsumingDialect;
  readonly endpoint: Endpoint;
  readonly request: SubscribeRequest;
}

/** @throws TransportError */
export function subscribe(subscribing: Subscribing, signal: AbortSignal): Promise<Subscription> {
  const { options, dialect, consuming, endpoint, request } = subscribing;
  const { connectionTimeoutMs: timeoutMs, connectionName } = options;
  const { label } = endpoint;
  const lane = { index: 0 };
  return openWire(
    { options, dialect, endpoint, lane, containerId: connectionName },
    signal,
    async (attempt, opening, wire) => {
      const use = new AbortController();
      // Each request that is under way listens to it.
      setMaxListeners(0, use.signal);
      const tap = tapTransfers(wire.rhea);
      let consumer: Consumer | undefined;
      let reason: TransportError | undefined;

      const life = connectionLife({
        gone: wire.ended.then((fault) => {
          use.abort();
          consumer?.leave();
          return reason ?? dialect.failure(fault, label);
        }),
        async goodbye() {
          await consumer?.close();
          wire.rhea.close();
          await wire.ended;
        },
        destroy() {
          wire.end({ stage: "connection", description: "Closed" });
          wire.socket.destroy();
        },
      });

      function fail(error: unknown): void {
        if (wire.isEnded) return;
        reason = failure(error, dialect, label);
        if (!life.isClosing()) wire.rhea.close();
        wire.end({ stage: "connection", description: reason.message, cause: reason });
      }

      const open: OpenConnection = {
        rhea: wire.rhea,
        life: use.signal,
        timeoutMs,
        isBlocked: false,
        fail,
        pause() {},
        retire: () => fail(new TransportError("unreachable", `${label}: the login expires: it is made anew`)),
      };
      const isOver = () => wire.isEnded || life.isClosing();

      const lost = life.closed.then((error) => {
        throw error ?? new Error("Closed");
      });
      lost.catch(() => {});
      const begin = async () => {
        await opening.ready?.(open);
        consumer = await consuming.consume({
          ...{ wire, tap, open, label },
          request: { ...request, receive: (deliveries) => isOver() || request.receive(deliveries) },
          attaching: async (address) => opening.attaching?.(address, open),
          failed: fail,
        });
        return consumer;
      };
      const { settle, stop, renew, waiting } = await attempt.race(Promise.race([begin(), lost]));
      let stopping: Promise<void> | undefined;
      return {
        closed: life.closed,
        close: life.close,
        ...(renew && { renew }),
        ...(waiting && { waiting }),
        settle(delivery, verdict, told) {
          if (isOver()) told("lost");
          else settle(delivery, verdict, told);
        },
        stop() {
          stopping ??= stop();
          return stopping;
        },
      };
    },
  );
}
