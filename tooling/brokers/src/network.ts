/** The network of a cluster, as plain data. */
export interface Network {
  /** What the engine knows it by. */
  readonly id: string;
  /** Where clients on this machine reach each of its nodes. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** A node's place in the network of its cluster. */
export interface Seat {
  readonly network: Network;
  readonly name: string;
}
