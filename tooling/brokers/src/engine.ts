import type { Node } from "./node.js";

/** A way to run brokers on this machine. A node's folder is `/mnt` to its broker. */
export interface Engine {
  readonly name: string;
  /** Where the broker has to listen, so that this machine reaches it and no other does. */
  readonly listen: string;
  /** The generations that it offers, oldest first: names of its own. */
  readonly releases: readonly string[];
  /** Fetches what is not there yet. Takes a minute, once. */
  prepare(): Promise<void>;
  /** What a new node needs, once, and what then remains of it when it does not run. */
  create(node: Node): Promise<void>;
  remove(node: Node): Promise<void>;
  /** Runs the broker in the foreground. Reads its standard input: at its end nothing of the node may be left. */
  serve(node: Node): string[];
  /** Runs a command beside the broker, whose foreground process is `pid`. */
  beside(node: Node, pid: number, command: readonly string[]): string[];
}
