import type { Agent } from "node:https";
import {
  boolean,
  choice,
  isRecord,
  type Kind,
  objectWith,
  Refusal,
  type RowsOf,
  template,
} from "@streamll/core/options";

/** Anything that answers with a token, as `@azure/identity` does. `expiresOnTimestamp` is in milliseconds since 1970. */
export interface TokenCredential {
  getToken(
    scopes: string | string[],
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

/** A web socket around the protocol; `agent` is one of `node:https`, for a proxy. */
export interface WebSocketOptions {
  readonly agent?: Agent;
}

/** Options of a sink that only Azure Service Bus has. */
export interface ServiceBusOptions {
  /** Azure AD instead of a key. */
  readonly authProvider?: "azure_managed_identity" | undefined;
  /** The Azure AD credential of `authProvider`. Default: `DefaultAzureCredential` of `@azure/identity`. */
  readonly credential?: TokenCredential | undefined;
  /** Over a web socket, on port 443; `agent` leads through a proxy. Default `false`. */
  readonly webSocket?: boolean | WebSocketOptions | undefined;
  /** Template of each event's session, which a queue with sessions needs. */
  readonly sessionId?: string | undefined;
  /** Template of each event's partition key. */
  readonly partitionKey?: string | undefined;
}

const refused = new Refusal();

const webSocket: Kind<WebSocketOptions | false, WebSocketOptions | boolean> = {
  type: "boolean or `{ agent }`",
  allowed: "true, false, or an object with agent, an agent of node:https",
  read(value) {
    if (typeof value === "boolean") return value && {};
    if (!isRecord(value) || Object.keys(value).some((key) => key !== "agent")) return refused;
    const { agent } = value;
    return agent === undefined || (typeof agent === "object" && agent !== null) ? value : refused;
  },
  fromText: boolean.fromText!,
  // The URL of a proxy has a password.
  conceals: true,
  show: (given) => given !== false,
};

export const serviceBusOptions = {
  authProvider: {
    kind: choice("azure_managed_identity"),
    about: "Azure AD instead of a key.",
  },
  credential: {
    kind: objectWith<TokenCredential>("`TokenCredential`", "getToken"),
    secret: true,
    about:
      "The Azure AD credential of `authProvider`; without it `DefaultAzureCredential` is used where `@azure/identity` is installed.",
  },
  webSocket: {
    kind: webSocket,
    default: false,
    about:
      "Over a web socket, on port 443, by the package `ws`. `{ agent }` is one of `node:https`, for a proxy.",
  },
  sessionId: {
    kind: template(1),
    perEvent: true,
    about:
      "Session of each event, at most 128 characters; a queue with sessions needs it. `{execution_id}` keeps each execution in order.",
  },
  partitionKey: {
    kind: template(1),
    perEvent: true,
    about: "Partition key of each event, at most 128 characters.",
  },
} satisfies RowsOf<ServiceBusOptions>;
