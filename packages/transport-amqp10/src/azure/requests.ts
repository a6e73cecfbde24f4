import { randomUUID } from "node:crypto";
import { TransportError } from "@streamll/core";
import { within } from "@streamll/transport-kit";
import type { Message, Session } from "rhea";
import type { OpenConnection } from "../dialect.js";
import { FaultError, faultOf } from "../fault.js";

interface Waiting {
  resolve(answer: Message): void;
  reject(error: Error): void;
}

/** A node that answers requests: `$cbs`, or the `$management` of a queue. */
export interface Requests {
  /** @throws FaultError, TransportError when it does not answer. */
  request(properties: Readonly<Record<string, unknown>>, body: unknown): Promise<Answer>;
  /** Its links are gone, as idle ones are after ten minutes. */
  readonly isEnded: boolean;
  close(): void;
}

export interface Answer {
  /** As of HTTP. */
  readonly status: number;
  readonly condition: string | undefined;
  readonly description: string;
  readonly body: unknown;
}

/**
 * In a session of its own: nothing that ends here takes an event with it.
 *
 * @throws FaultError, TransportError
 */
export async function openRequests(open: OpenConnection, node: string, label: string): Promise<Requests> {
  const { rhea, life, timeoutMs } = open;
  const replyTo = `${node}-${randomUUID()}`;
  const waiting = new Map<string, Waiting>();
  let ended: FaultError | undefined;
  let onSendable: () => void = () => {};
  const sendable = new Promise<void>((resolve) => {
    onSendable = resolve;
  });
  const bounded = <T>(step: Promise<T>): Promise<T> => {
    const late = () => new TransportError("timeout", `${label}: ${node} does not answer in ${timeoutMs} ms`);
    return within(timeoutMs, life, late, step);
  };

  const session: Session = rhea.create_session();
  session.begin();
  const end = (error: Parameters<typeof faultOf>[1]) => {
    ended ??= new FaultError(faultOf("attach", error, `the broker ended the links to ${node}`));
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
    onSendable();
  };
  for (const event of ["session_error", "session_close"]) session.on(event, () => end(session.error));
  const receiver = session.open_receiver({
    name: replyTo,
    source: { address: node },
    target: { address: replyTo },
    credit_window: 100,
  });
  const sender = session.open_sender({ name: `${replyTo}-sender`, target: { address: node } });
  for (const event of ["sender_error", "sender_close"]) sender.on(event, () => end(sender.error));
  for (const event of ["receiver_error", "receiver_close"]) receiver.on(event, () => end(receiver.error));
  sender.on("sendable", onSendable);
  receiver.on("message", ({ message }) => {
    const id = String(message?.correlation_id);
    if (message) waiting.get(id)?.resolve(message);
    waiting.delete(id);
  });

  await bounded(sendable);
  if (ended) throw ended;
  return {
    get isEnded() {
      return ended !== undefined;
    },
    async request(properties, body) {
      if (ended) throw ended;
      const id = randomUUID();
      const answered = new Promise<Message>((resolve, reject) => waiting.set(id, { resolve, reject }));
      sender.send({
        message_id: id,
        to: node,
        reply_to: replyTo,
        application_properties: properties,
        body,
      });
      return answerIn(await bounded(answered).finally(() => waiting.delete(id)));
    },
    close: () => session.close(),
  };
}

/** Of the two spellings each node has its own. */
function answerIn({ application_properties: properties = {}, body }: Message): Answer {
  const condition = properties["error-condition"] ?? properties.errorCondition;
  const description = properties["status-description"] ?? properties.statusDescription;
  return {
    status: Number(properties["status-code"] ?? properties.statusCode),
    condition: condition === undefined ? undefined : String(condition),
    description: String(description ?? "no reason given"),
    body,
  };
}
