import type { Seat } from "./network.js";
import type { Ports } from "./ports.js";

/** A broker that was made here, as plain data: any process that has it can control the broker. */
export interface Node {
  readonly engine: string;
  readonly release: string;
  readonly folder: string;
  readonly ports: Ports;
  /** Of a node in a cluster. */
  readonly seat?: Seat;
}

/** Where clients reach it. */
export const hostOf = ({ seat }: Node): string => seat?.network.addresses[seat.name] ?? "127.0.0.1";

export const urlOf = (node: Node): string => `amqp://guest:guest@${hostOf(node)}:${node.ports.amqp}/`;
