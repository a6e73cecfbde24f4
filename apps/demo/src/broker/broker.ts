import type { RabbitMQSinkOptions } from "@streamll/sink";

/** A broker that the demo's sink writes to, and that the demo reads from. */
export interface DemoBroker {
  /** One line: which broker, and what is declared there. */
  readonly description: string;
  /** For a sink that writes to it. */
  readonly sinkOptions: RabbitMQSinkOptions;
  /** Connects, and hands over the body of each message that the queue gets. */
  read(onMessage: (body: Buffer) => void): Promise<void>;
  /** Takes away what was declared. */
  close(): Promise<void>;
}
