import { TransportError } from "@streamll/core";
import { CHECK_THE_BROKER } from "@streamll/core/internal";
import type { Api } from "./http/api.js";
import type { HttpClient } from "./http/client.js";

export interface SilenceSetup {
  /** 0: nothing is watched. */
  readonly heartbeatMs: number;
  readonly label: string;
  readonly client: Pick<HttpClient, "heardAt">;
  readonly api: Pick<Api, "probe">;
  readonly gone: Promise<unknown>;
  silent(error: TransportError): void;
  /** The probe failed. */
  broken(error: unknown): void;
}

/** How often within a heartbeat is looked. */
const LOOKS = 4;

/**
 * HTTP has no heartbeats: a host from which nothing has come for one of them is asked for something that costs nobody
 * anything, and given up when a second passes without an answer.
 */
export function watchSilence(setup: SilenceSetup): void {
  const { heartbeatMs, label, client, api, gone, silent, broken } = setup;
  if (heartbeatMs === 0) return;
  let probing = false;
  const silence = () => performance.now() - client.heardAt;
  const look = () => {
    if (silence() >= 2 * heartbeatMs) {
      const message = `${label}: nothing came for two heartbeats (${2 * heartbeatMs} ms). ${CHECK_THE_BROKER}`;
      return silent(new TransportError("timeout", message));
    }
    if (probing || silence() < heartbeatMs) return;
    probing = true;
    api
      .probe(2 * heartbeatMs)
      .catch(broken)
      .finally(() => {
        probing = false;
      });
  };
  // After the poll: what came while the process was busy has been read.
  const timer = setInterval(() => setImmediate(look), heartbeatMs / LOOKS).unref();
  void gone.then(() => clearInterval(timer));
}
