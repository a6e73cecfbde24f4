import type { AmqpError, Connection, Container, Receiver, Sender } from "rhea";
import { faultOf } from "./conditions.js";
import type { Ends } from "./ends.js";
import type { Right } from "./tokens.js";

/** A client's link to an entity. */
export interface EntityLink {
  readonly link: Sender | Receiver;
  /** The queue or topic. */
  readonly entity: string;
  /** As the client wrote it. */
  readonly address: string;
  readonly right: Right;
  /** Starts its idle time anew. */
  touch(): void;
}

/** The open links to entities. */
export interface Links {
  readonly all: ReadonlySet<EntityLink>;
  /** After so many milliseconds without a transfer a link is detached; set, it counts from now for all. */
  idleMs: number;
  /** So many milliseconds after the last of its links has ended, a connection is closed. */
  emptyMs: number;
  add(link: Sender | Receiver, entity: string, address: string): EntityLink;
  /** Says how many. */
  detach(error: AmqpError, which: (link: EntityLink) => boolean): number;
}

export function createLinks(ends: Ends, first: Pick<Links, "idleMs" | "emptyMs">): Links {
  const all = new Set<EntityLink>();
  let { idleMs } = first;
  const closeIfEmpty = (connection: Connection) => {
    const isEmpty = () =>
      ends.connections.has(connection) && ![...all].some(({ link }) => link.connection === connection);
    const close = () => {
      if (isEmpty()) connection.close(faultOf("amqp:connection:forced"));
    };
    if (isEmpty()) setTimeout(close, links.emptyMs).unref();
  };
  const links: Links = {
    all,
    emptyMs: first.emptyMs,
    get idleMs() {
      return idleMs;
    },
    set idleMs(milliseconds) {
      idleMs = milliseconds;
      for (const { touch } of all) touch();
    },
    add(link, entity, address) {
      let timer: NodeJS.Timeout | undefined;
      const touch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => link.close(faultOf("amqp:link:detach-forced")), idleMs).unref();
      };
      const entry = { link, entity, address, right: rightOf(link), touch };
      all.add(entry);
      touch();
      ends.onceGone(link, () => {
        clearTimeout(timer);
        all.delete(entry);
        closeIfEmpty(link.connection);
      });
      return entry;
    },
    detach(error, which) {
      const found = [...all].filter(which);
      for (const { link } of found) link.close(error);
      return found.length;
    },
  };
  return links;
}

export const rightOf = (link: Sender | Receiver): Right => (link.is_receiver() ? "Send" : "Listen");

/** The attach that answers the client's, as long as it is not sent. */
export const answerTo = (link: Sender | Receiver): Record<string, unknown> =>
  (link as unknown as { local: { attach: Record<string, unknown> } }).local.attach;

/** Keeps back the attach that answers the client's, until the returned function is called: rhea would write it at once. */
export function holdAttach(link: Sender | Receiver): () => void {
  const { state, connection } = link as unknown as {
    state: { open_requests: number };
    connection: { _register(): void };
  };
  state.open_requests = 0;
  return () => {
    state.open_requests = 1;
    connection._register();
  };
}

/** Answers an attach with what it asks for. */
export function agree(link: Sender | Receiver): void {
  const { source, target, snd_settle_mode, rcv_settle_mode } = link;
  if (source) link.set_source(source);
  if (target) link.set_target(target);
  Object.assign(answerTo(link), { snd_settle_mode, rcv_settle_mode });
}

/**
 * Has rhea hand over each message as bytes: their size counts, and a batch is not one message.
 * rhea decodes what has format 0, so that is named otherwise.
 */
export function keepBytes(container: Container): void {
  container.on("session_open", ({ session }) => {
    const raw = session as unknown as { on_transfer(frame: Frame): void };
    const onTransfer = raw.on_transfer;
    raw.on_transfer = function (frame) {
      if (frame.performative.message_format === 0) frame.performative.message_format = plainFormat;
      onTransfer.call(this, frame);
    };
  });
}

const plainFormat = -1;

interface Frame {
  readonly performative: { message_format: number };
}
