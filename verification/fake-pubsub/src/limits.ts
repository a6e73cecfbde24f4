import type { Publication } from "./message.js";
import { StatusError } from "./status.js";

// What the service takes: https://cloud.google.com/pubsub/quotas#resource_limits

/** Bytes of one publish request. */
export const LARGEST_REQUEST = 10_000_000;
const MOST_MESSAGES = 1000;
const MOST_ATTRIBUTES = 100;
const LONGEST_NAME = 256;
const LONGEST_VALUE = 1024;
const LONGEST_ORDERING_KEY = 1024;

const refuse = (message: string): never => {
  throw new StatusError("INVALID_ARGUMENT", message);
};

/** Refuses what the service would refuse, the whole request for one message. */
export function checkPublications(messages: readonly Publication[]): void {
  if (messages.length === 0 || messages.length > MOST_MESSAGES)
    refuse(
      `The value for message_count is out of range: ${messages.length} is not in [1, ${MOST_MESSAGES}].`,
    );
  for (const message of messages) checkPublication(message);
  if (new Set(messages.map(({ orderingKey }) => orderingKey)).size > 1)
    throw new StatusError(
      "FAILED_PRECONDITION",
      "In a single publish request, all messages must have no ordering key or they must all have the same ordering key.",
    );
}

function checkPublication({ data, attributes, orderingKey }: Publication): void {
  const entries = Object.entries(attributes);
  if (data.length === 0 && entries.length === 0) refuse("Some messages in the request are empty.");
  if (entries.length > MOST_ATTRIBUTES) refuse(`A message has more than ${MOST_ATTRIBUTES} attributes.`);
  for (const [name, value] of entries) {
    if (name === "" || Buffer.byteLength(name) > LONGEST_NAME)
      refuse("The key of an attribute has no valid length.");
    // `googclient_` is of Google's own clients.
    if (/^goog(?!client_)/i.test(name)) refuse(`The attribute key ${name} begins with "goog".`);
    if (Buffer.byteLength(value) > LONGEST_VALUE) refuse(`The value of the attribute ${name} is too long.`);
  }
  if (Buffer.byteLength(orderingKey) > LONGEST_ORDERING_KEY) refuse("The ordering key is too long.");
}

/** Names of topics and subscriptions. */
export function checkName(name: string, kind: "topics" | "subscriptions"): void {
  const id = new RegExp(`^projects/[^/]+/${kind}/(.+)$`).exec(name)?.[1] ?? "";
  if (!/^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/.test(id) || /^goog/i.test(id))
    refuse(`Invalid [${kind}] name: (name=${name})`);
}
