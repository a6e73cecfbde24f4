import { randomUUID } from "node:crypto";
import { TransportError } from "@streamll/core";
import { within } from "@streamll/transport-kit";
import type { Message, Receiver, Sender, Session } from "rhea";
import type { OpenConnection } from "../dialect.js";
import { FaultError, faultOf } from "../fault.js";
import { sessionInside, types } from "../rhea.js";

/** The broker said no to a request of its management node: with a status of HTTP, and why. */
export class RefusedError extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** HTTP over AMQP, as RabbitMQ 4 has it. */
export interface Management {
  /** Gives the body of the answer. @throws RefusedError, FaultError, TransportError */
  request(method: "GET" | "PUT" | "POST", path: string, body?: unknown): Promise<unknown>;
  close(): void;
}

const NODE = { address: "/management" };
/** How many answers may be under way at a time. */
const CREDIT = 100;

/** A sender and a receiver with one name, on a session of their own: whatever is refused there ends no link of ours. */
export async function openManagement(open: OpenConnection, label: string): Promise<Management> {
  const { rhea, life, timeoutMs } = open;
  const bounded = <T>(step: Promise<T>): Promise<T> => {
    const late = () => new TransportError("timeout", `${label}: ${NODE.address} does not answer`);
    return within(timeoutMs, life, late, step);
  };
  const session = rhea.create_session();
  const links: (Sender | Receiver)[] = [];
  const ended = new Promise<never>((_, reject) => {
    const end = () => {
      const error = [session, ...links].map(({ error }) => error).find((error) => error !== undefined);
      reject(new FaultError(faultOf("attach", error, `the broker ended the links to ${NODE.address}`)));
    };
    for (const part of ["session", "sender", "receiver"])
      session.on(`${part}_error`, end).on(`${part}_close`, end);
  });
  ended.catch(() => {});
  const begun = new Promise<void>((resolve) => session.once("session_open", () => resolve()));
  session.begin();
  // Before the session is open, rhea names a transfer id in its credit that RabbitMQ ends the session for.
  await bounded(Promise.race([begun, ended]));

  const link = {
    name: randomUUID(),
    source: NODE,
    target: NODE,
    snd_settle_mode: 1 as const,
    rcv_settle_mode: 0 as const,
    properties: { paired: true },
  };
  const sender = session.attach_sender({ ...link });
  shareName(session, sender);
  const receiver = session.attach_receiver({ ...link, credit_window: 0 });
  links.push(sender, receiver);
  // A request that comes before the credit for its answer ends the session. So the credit leaves with the attach, and
  // a request only once the broker has answered that with credit of its own.
  receiver.add_credit(CREDIT);
  const pending = new Map<string, (answer: Message) => void>();
  receiver.on("message", ({ message }) => {
    receiver.add_credit(1);
    pending.get(String(message?.correlation_id))?.(message!);
  });
  const sendable = new Promise<void>((resolve) => sender.once("sendable", () => resolve()));
  await bounded(Promise.race([sendable, ended]));

  return {
    async request(method, path, body = null) {
      const id = randomUUID();
      const answered = new Promise<Message>((resolve) => pending.set(id, resolve));
      sender.send({ message_id: id, reply_to: "$me", subject: method, to: path, body });
      const answer = await bounded(Promise.race([answered, ended])).finally(() => pending.delete(id));
      const status = Number(answer.subject);
      if (status >= 200 && status < 300) return answer.body;
      throw new RefusedError(status, typeof answer.body === "string" ? answer.body : "no reason given");
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

/** Of a declaration: rhea would make a uint of a whole number, which RabbitMQ takes for another type. */
export const argumentMap = (args: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      Number.isSafeInteger(value) ? types.wrap_long(value as number) : value,
    ]),
  );
