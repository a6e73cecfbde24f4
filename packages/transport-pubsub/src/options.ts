import { readFileSync } from "node:fs";
import { isRefusal, type Kind, Refusal, type RowsOf, template } from "@streamll/core/options";
import { readKeyFile, type ServiceAccount, type ServiceAccountKey } from "./auth/key.js";

export type { ServiceAccountKey } from "./auth/key.js";

/** Options of a sink and of a consumer that only Google Cloud Pub/Sub has. */
export interface PubSubOptions {
  /** Template of each event's ordering key, at most 1,024 bytes. Default: none, and Pub/Sub keeps no order. */
  readonly orderingKey?: string | undefined;
  /** The key of a service account: its JSON file's path, its text, or the object. */
  readonly serviceAccountKey?: string | ServiceAccountKey | undefined;
  /** Host of a regional endpoint, with a port where that is not 443. Default `pubsub.googleapis.com`. */
  readonly pubsubEndpoint?: string | undefined;
}

const serviceAccountKey: Kind<ServiceAccount, string | ServiceAccountKey> = {
  type: "path, JSON text or object",
  allowed: "the path of a service account's key file, its JSON text, or the object in it",
  read(value) {
    if (typeof value !== "string" || value.trimStart().startsWith("{")) return readKeyFile(value);
    try {
      return readKeyFile(readFileSync(value, "utf8"));
    } catch {
      return new Refusal("names a file that cannot be read: write its path, or the JSON text itself");
    }
  },
  fromText: (text) => text,
  conceals: true,
  show: ({ email }) => email,
};

/** A host, and the port where it has one: `pubsub.googleapis.com`, `localhost:8085`. */
export function readPlace(text: string): { readonly host: string; readonly port?: number } | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]{1,253}))(?::(\d{1,5}))?$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, address, name, port] = match;
  const host = (address ?? name)!;
  if (port === undefined) return { host };
  return Number(port) > 0 && Number(port) < 65_536 ? { host, port: Number(port) } : undefined;
}

const pubsubEndpoint: Kind<string> = {
  type: "string",
  allowed: 'a host such as "us-central1-pubsub.googleapis.com", without https://',
  read: (value) => (typeof value === "string" && readPlace(value) !== undefined ? value : new Refusal()),
  fromText: (text) => text,
};

const orderingKey = template(1);

export const pubsubOptions = {
  orderingKey: {
    kind: {
      ...orderingKey,
      read(value) {
        const read = orderingKey.read(value);
        return !isRefusal(read) && !read.includes("{")
          ? new Refusal('is the same for every event, which slows a topic to 1 MB/s: write "{execution_id}"')
          : read;
      },
    },
    perEvent: true,
    about:
      "Ordering key of each event, at most 1,024 bytes; `{execution_id}` keeps each execution in order, for a subscription that has message ordering. Each key takes requests of its own, and 1 MB/s at most.",
  },
  serviceAccountKey: {
    kind: serviceAccountKey,
    secret: true,
    about:
      "Instead of `username` and `password`: the JSON file of a service account's key, as its path, its text or the object. With none of these, `google-auth-library` finds the credentials of the environment.",
  },
  pubsubEndpoint: {
    kind: pubsubEndpoint,
    default: "pubsub.googleapis.com",
    about: "Host of the service: a regional endpoint such as `us-central1-pubsub.googleapis.com`.",
  },
} satisfies RowsOf<PubSubOptions>;
