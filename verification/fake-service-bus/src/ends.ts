import type { EventEmitter } from "node:events";
import type { Connection, Container, Receiver, Sender } from "rhea";

/** The open connections, and what is to be done at the end of what they hold. */
export interface Ends {
  readonly connections: ReadonlySet<Connection>;
  /** Calls `gone` once the link, its session or its connection has ended. */
  onceGone(link: Sender | Receiver, gone: () => void): void;
}

export function watchEnds(container: Container): Ends {
  const connections = new Map<Connection, Set<() => void>>();
  container.on("connection_open", ({ connection }) => connections.set(connection, new Set()));
  for (const end of ["connection_close", "disconnected"]) {
    container.on(end, ({ connection }) => {
      for (const gone of connections.get(connection) ?? []) gone();
      connections.delete(connection);
    });
  }
  return {
    get connections() {
      return new Set(connections.keys());
    },
    onceGone(link, gone) {
      const ofConnection = connections.get(link.connection);
      const once = () => {
        if (ofConnection?.delete(once)) gone();
      };
      ofConnection?.add(once);
      observers(link).once(link.is_receiver() ? "receiver_close" : "sender_close", once);
      observers(link.session).once("session_close", once);
    },
  };
}

/** rhea hands an event to a listener or to what is above, so that a listener here would hide it there. */
const observers = (endpoint: object) => (endpoint as { readonly observers: EventEmitter }).observers;
