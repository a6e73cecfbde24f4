import type { AmqpError, Connection, Container, Receiver, Sender } from "rhea";
import { faultOf } from "./conditions.js";
import type { Right } from "./tokens.js";

/** A link to an entity. */
export interface EntityLink {
  readonly link: Sender | Receiver;
  readonly owner: string;
  /** The address as the client wrote it. */
  readonly address: string;
  readonly right: Right;
  /** Starts its idle time anew. */
  touch(): void;
}

/** The open links to entities. */
export function createLinks(idleMs: () => number) {
  const links = new Set<EntityLink>();
  return {
    links,
    add(link: Sender | Receiver, owner: string, address: string): EntityLink {
      const idle = () => link.close(faultOf("amqp:link:detach-forced"));
      let timer = setTimeout(idle, idleMs()).unref();
      const entry: EntityLink = {
        link,
        owner,
        address,
        right: link.is_receiver() ? "Send" : "Listen",
        touch() {
          clearTimeout(timer);
          timer = setTimeout(idle, idleMs()).unref();
        },
      };
      const gone = () => {
        clearTimeout(timer);
        links.delete(entry);
      };
      links.add(entry);
      link.on(link.is_receiver() ? "receiver_close" : "sender_close", gone);
      link.connection.on("disconnected", gone);
      link.session.on("session_close", gone);
      return entry;
    },
    /** Says how many. */
    detach(error: AmqpError, which: (link: EntityLink) => boolean): number {
      const found = [...links].filter(which);
      for (const { link } of found) link.close(error);
      return found.length;
    },
  };
}

/** Echoes what was asked for, so that the attach is complete. */
export function agree(link: Sender | Receiver): void {
  const { source, target, snd_settle_mode, rcv_settle_mode } = link;
  if (source) link.set_source(source);
  if (target) link.set_target(target);
  Object.assign(localAttach(link), { snd_settle_mode, rcv_settle_mode });
}

/** The attach that is about to be sent. */
export const localAttach = (link: Sender | Receiver): Record<string, unknown> =>
  (link as unknown as { local: { attach: Record<string, unknown> } }).local.attach;

/**
 * Has rhea hand over each message as bytes: its size counts, and a batch is not one message.
 * rhea decodes what has format 0, so that is named otherwise.
 */
export function keepBytes(container: Container): void {
  container.on("session_open", ({ session }) => {
    const raw = session as { on_transfer(frame: Frame): void };
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

export const connectionsOf = (container: Container): ReadonlySet<Connection> => {
  const open = new Set<Connection>();
  container.on("connection_open", ({ connection }) => open.add(connection));
  container.on("connection_close", ({ connection }) => open.delete(connection));
  container.on("disconnected", ({ connection }) => open.delete(connection));
  return open;
};
