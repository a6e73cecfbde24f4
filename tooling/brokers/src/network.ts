/** The network of a cluster, as plain data. */
export interface Network {
  /** What the engine knows it by. */
  readonly id: string;
  /** Where its nodes reach each other, by name. */
  readonly peers: Readonly<Record<string, string>>;
  /** Where clients on this machine reach them. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** A node's place in the network of its cluster. */
export interface Seat {
  readonly network: Network;
  readonly name: string;
}

/** The first hosts of a /24, whose first three bytes are `subnet`. */
export const addressesIn = (subnet: string, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name, index) => [name, `${subnet}.${index + 1}`]));
