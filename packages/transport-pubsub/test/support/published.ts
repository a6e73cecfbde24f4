import type {
  Flow,
  OutboundMessage,
  PublishOutcome,
  TransportConnection,
  TransportError,
} from "@streamll/core";

/** A connection in use, with all that it said. */
export interface Published extends AsyncDisposable {
  readonly connection: TransportConnection;
  readonly flows: readonly Flow[];
  /** Of each message in the order of publishing; `undefined` for one without an outcome. */
  readonly outcomes: readonly (PublishOutcome | undefined)[];
  /** Publishes one batch. */
  publish(...messages: readonly OutboundMessage[]): void;
  /** Resolves when every message has an outcome, or the connection has ended. */
  done(): Promise<void>;
  /** What ended it. */
  ended(): Promise<TransportError | undefined>;
}

export function observed(connection: TransportConnection): Published {
  const flows: Flow[] = [];
  const outcomes: (PublishOutcome | undefined)[] = [];
  let waiting = () => {};
  connection.onFlow((flow) => {
    flows.push(flow);
    waiting();
  });
  const isDone = () => outcomes.every((outcome) => outcome !== undefined);
  return {
    connection,
    flows,
    outcomes,
    publish(...messages) {
      const start = outcomes.length;
      outcomes.push(...messages.map(() => undefined));
      connection.publish(messages, (from, to, outcome) => {
        outcomes.fill(outcome, start + from, start + to);
        waiting();
      });
    },
    async done() {
      const all = new Promise<void>((resolve) => {
        waiting = () => isDone() && resolve();
        waiting();
      });
      await Promise.race([all, connection.closed]);
    },
    ended: () => connection.closed,
    [Symbol.asyncDispose]: () => connection.close(AbortSignal.abort()),
  };
}
