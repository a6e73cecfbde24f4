import { randomUUID } from "node:crypto";
import { TransportError } from "@streamll/core";
import { within } from "@streamll/transport-kit";
import type { Message, Session } from "rhea";
import type { OpenConnection } from "../dialect.js";
import { verdictOf, verdictOfStatus } from "./conditions.js";
import type { Token } from "./token.js";

const NODE = "$cbs";

interface Waiting {
  resolve(answer: Message): void;
  reject(error: Error): void;
}

/** Claims-based security: puts tokens at the node `$cbs` of an open connection. */
export interface Cbs {
  /** @throws TransportError when the service does not take it, or does not answer. */
  put(audience: string, token: Token): Promise<void>;
}

/** In a session of its own: nothing that ends here takes an event with it. */
export async function openCbs(open: OpenConnection, label: string): Promise<Cbs> {
  const { rhea, life, timeoutMs } = open;
  const replyTo = `cbs-${randomUUID()}`;
  const waiting = new Map<string, Waiting>();
  let ended: Error | undefined;
  let onSendable: () => void = () => {};
  const sendable = new Promise<void>((resolve) => {
    onSendable = resolve;
  });
  const bounded = <T>(step: Promise<T>): Promise<T> => {
    const late = () => new TransportError("timeout", `${label}: ${NODE} does not answer in ${timeoutMs} ms`);
    return within(timeoutMs, life, late, step);
  };

  const session: Session = rhea.create_session();
  session.begin();
  const end = (what: string, error?: unknown) => {
    ended ??= new TransportError("protocol", `${label}: ${NODE} ended: ${what}`, { cause: error });
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
    onSendable();
  };
  session.on("session_error", () => end("session error", session.error));
  session.on("session_close", () => end("session closed"));
  const receiver = session.open_receiver({
    name: replyTo,
    source: { address: NODE },
    target: { address: replyTo },
    credit_window: 10,
  });
  const sender = session.open_sender({ name: `${replyTo}-sender`, target: { address: NODE } });
  for (const link of [receiver, sender]) {
    const name = link === sender ? "sender" : "receiver";
    link.on(`${name}_error`, () => end("link error", link.error));
    link.on(`${name}_close`, () => end("link closed"));
  }
  sender.on("sendable", onSendable);
  receiver.on("message", ({ message }) => {
    const id = String(message?.correlation_id);
    if (message) waiting.get(id)?.resolve(message);
    waiting.delete(id);
  });

  await bounded(sendable);
  if (ended) throw ended;
  return {
    async put(audience, { type, value }) {
      if (ended) throw ended;
      const id = randomUUID();
      const answered = new Promise<Message>((resolve, reject) => waiting.set(id, { resolve, reject }));
      sender.send({
        message_id: id,
        to: NODE,
        reply_to: replyTo,
        application_properties: { operation: "put-token", name: audience, type },
        body: value,
      });
      check(await bounded(answered).finally(() => waiting.delete(id)), `${label}: ${audience}`);
    },
  };
}

function check({ application_properties: properties = {} }: Message, label: string): void {
  const code = Number(properties["status-code"] ?? properties.statusCode);
  if (code >= 200 && code < 300) return;
  const condition = properties["error-condition"];
  const { kind, permanent, hint } =
    verdictOf(typeof condition === "string" ? condition : undefined) ?? verdictOfStatus(code);
  const description = properties["status-description"] ?? "no reason given";
  throw new TransportError(kind, `${label}: the token is not taken (${code}): ${description}. ${hint}`, {
    permanent,
  });
}
