import { randomUUID } from "node:crypto";
import { startDeadline } from "@streamll/core/internal";
import type { Message, Receiver, Sender, Session } from "rhea";
import type { OpenConnection } from "./dialect.js";
import { transportError } from "./failure.js";
import { FaultError, faultOf } from "./fault.js";
import { sessionInside } from "./rhea.js";

/** A node that answers requests: `$cbs`, `/management`. */
export interface Requests {
  /** The answer whose correlation id is the request's message id. Bounded; rejects when the links end. */
  ask(request: Omit<Message, "message_id" | "reply_to">): Promise<Message>;
  close(): void;
}

export interface RequestLinks {
  readonly address: string;
  /** Where the answer goes. */
  readonly replyTo: string;
  /** Both links have one name, and say that they belong together (AMQP link pairing). */
  readonly paired?: boolean;
  /** For messages: who does not answer. */
  readonly label: string;
}

/** At most so many answers are out at a time. */
const CREDIT = 100;

/** Attaches a sender and a receiver to the node, on a session of their own. @throws FaultError, TransportError */
export async function openRequests(
  { rhea, timeoutMs, life }: Pick<OpenConnection, "rhea" | "timeoutMs" | "life">,
  { address, replyTo, paired = false, label }: RequestLinks,
): Promise<Requests> {
  const pending = new Map<string, (answer: Message) => void>();
  const session = rhea.create_session();
  session.begin();
  const name = randomUUID();
  const properties = paired ? { properties: { paired: true } } : {};
  const sender = session.attach_sender({
    name: paired ? name : `${name}-requests`,
    source: { address },
    target: { address },
    snd_settle_mode: 1,
    rcv_settle_mode: 0,
    ...properties,
  });
  if (paired) shareName(session, sender);
  const receiver = session.attach_receiver({
    name,
    source: { address },
    target: { address: paired ? address : replyTo },
    snd_settle_mode: 1,
    rcv_settle_mode: 0,
    credit_window: 0,
    ...properties,
  });
  // Before the session is open, rhea would name a transfer id that RabbitMQ ends the session for.
  const ready = new Promise<void>((resolve) => {
    receiver.once("receiver_open", () => {
      receiver.add_credit(CREDIT);
      if (sender.sendable()) resolve();
      else sender.once("sendable", () => resolve());
    });
  });
  const ended = new Promise<never>((_, reject) => {
    const end = (stage: "link" | "session", of: Session | Sender | Receiver) => () =>
      reject(new FaultError(faultOf(stage, of.error, `the broker ended the ${stage} of ${address}`)));
    session.on("session_error", end("session", session)).on("session_close", end("session", session));
    sender.on("sender_error", end("link", sender)).on("sender_close", end("link", sender));
    receiver.on("receiver_error", end("link", receiver)).on("receiver_close", end("link", receiver));
  });
  ended.catch(() => {});
  receiver.on("message", ({ message }) => {
    receiver.add_credit(1);
    pending.get(String(message?.correlation_id))?.(message!);
  });

  const bounded = <T>(step: Promise<T>): Promise<T> => {
    const late = () => transportError("timeout", `${label}: ${address} does not answer`);
    const deadline = startDeadline(timeoutMs, life, late);
    return deadline.race(Promise.race([step, ended])).finally(deadline.done);
  };
  await bounded(ready);

  return {
    ask(request) {
      const id = randomUUID();
      const answered = new Promise<Message>((resolve) => pending.set(id, resolve));
      sender.send({ ...request, message_id: id, reply_to: replyTo });
      return bounded(answered).finally(() => pending.delete(id));
    },
    close: () => session.close(),
  };
}

/** rhea keeps the links of a session by their names: of two with one name, it is shown the one that is meant. */
function shareName(session: Session, sender: Sender): void {
  const own = sessionInside(session);
  const { on_attach: original } = own;
  const { name } = sender;
  own.links[`${name} of the sender`] = sender;
  own.on_attach = (frame) => {
    const receiver = own.links[name];
    if (frame.performative.role) own.links[name] = sender;
    original.call(session, frame);
    own.links[name] = receiver;
  };
}
