/** Who runs the broker, mostly a managed RabbitMQ. The provider's page under `docs/providers` has the source of each fact. */
export interface Provider {
  readonly name: string;
  readonly hosts: RegExp;
  /** Whether it also takes connections without TLS, on port 5672. */
  readonly plainText: boolean;
  /** Whether there can be a user `guest`. */
  readonly guest: boolean;
  readonly streams: boolean;
  /** Exchange types beyond those that every RabbitMQ has. Absent: not known. */
  readonly exchangeTypes?: readonly string[];
  /** The generation from which it makes quorum queues where no type is set. */
  readonly quorumByDefault?: string;
  /** Whether the virtual host that comes with an instance is named as its user. */
  readonly namesVhostAsUser: boolean;
  /** What it sells as its smallest, and how many connections all programs together may have there. */
  readonly smallest: { readonly plan: string; readonly connections: number };
}
