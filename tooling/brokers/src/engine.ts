import type { Network } from "./network.js";
import type { Node } from "./node-data.js";

/** A way to run brokers on this machine. A node's folder is `/mnt` to its broker. */
export interface Engine {
  readonly name: string;
  /** Where the broker has to listen, so that this machine reaches it and no other does. */
  readonly listen: string;
  /** The generations that it offers, oldest first: names of its own. */
  readonly releases: readonly string[];
  /** Fetches what is not there yet. Takes a minute, once. */
  prepare(): Promise<void>;
  /** Of RabbitMQ, in a release that was prepared. */
  versionOf(release: string): Promise<string>;
  /** What a new node needs, once, and what then remains of it when it does not run. */
  create(node: Node): Promise<void>;
  remove(node: Node): Promise<void>;
  /** Runs the broker in the foreground. Reads its standard input: at its end nothing of the node may be left. */
  serve(node: Node): string[];
  /** Runs a command beside the broker, whose foreground process is `pid`. */
  beside(node: Node, pid: number, command: readonly string[]): string[];
  /** Makes a network for nodes of these names, which lives as long as this process and until `release()`. */
  createNetwork(names: readonly string[]): Promise<{ network: Network; release(): Promise<void> }>;
  /** From now on no packet passes between this node and the others of its network. Its clients still reach it. */
  isolate(node: Node): Promise<void>;
  /** Lets all packets pass again between the nodes of a network. */
  rejoin(nodes: readonly Node[]): Promise<void>;
}
