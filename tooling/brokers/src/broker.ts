import { readFileSync } from "node:fs";
import { join } from "node:path";
import { manage, type RequestExtras } from "./management.js";
import { ctl, end, signal, startNode } from "./node.js";
import { hostOf, type Node, urlOf } from "./node-data.js";

/** A RabbitMQ to test with. */
export interface Broker {
  /** Major and minor of the version, as in "4.0". */
  readonly generation: string;
  readonly version: string;
  readonly url: string;
  /** Of a named broker, STREAMLL_TEST_MANAGEMENT_URL; throws where that is not set. */
  readonly managementUrl: string;
  /**
   * Asks its HTTP API, which takes milliseconds where rabbitmqctl takes seconds. `path` is what follows `/api/`, with
   * names percent-encoded.
   * @example
   * await broker.manage("PUT", "users/anna", { password: "pw", tags: "" });
   */
  manage(method: string, path: string, body?: unknown, extras?: RequestExtras): Promise<unknown>;
  /** Whether it was made for tests. Of one that a URL names, all that stands below throws. */
  readonly owned: boolean;
  /** Its certificate is for localhost and 127.0.0.1, signed by `ca` (PEM). */
  readonly tlsUrl: string;
  readonly ca: string;
  /** Of the stream protocol, on 127.0.0.1. */
  readonly streamPort: number;
  /** Runs rabbitmqctl; rejects with what that says. */
  ctl(...args: string[]): Promise<string>;
  /** SIGKILL to the broker; resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it in an orderly way. */
  stop(): Promise<void>;
  /** Starts it again, on the same ports and with the same data; resolves when it takes connections. */
  start(): Promise<void>;
  /** SIGSTOP. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
}

export interface OwnedDescription {
  readonly version: string;
  readonly node: Node;
}

/** A broker as plain data, for a file or the environment. */
export type Description =
  | OwnedDescription
  | { readonly version: string; readonly url: string; readonly managementUrl: string | undefined };

/** One broker of each version: of several, the one of this index, from 0. */
export const setOf = (all: readonly Description[], index: number): readonly Description[] =>
  [...new Set(all.map(({ version }) => version))].map((version) => {
    const same = all.filter((broker) => broker.version === version);
    return same[index % same.length]!;
  });

export function brokerOf(description: Description): Broker {
  const { version } = description;
  const common = { version, generation: version.split(".").slice(0, 2).join(".") };
  return "node" in description
    ? ownedBroker(common, description.node)
    : namedBroker({ ...common, url: description.url }, description.managementUrl);
}

function ownedBroker(common: Pick<Broker, "version" | "generation">, node: Node): Broker {
  const host = hostOf(node);
  const managementUrl = `http://guest:guest@${host}:${node.ports.management}/`;
  return {
    ...common,
    url: urlOf(node),
    managementUrl,
    manage: (...request) => manage(managementUrl, ...request),
    owned: true,
    tlsUrl: `amqps://guest:guest@${node.seat ? host : "localhost"}:${node.ports.amqps}/`,
    ca: readFileSync(join(node.folder, "ca.pem"), "utf8"),
    streamPort: node.ports.stream,
    ctl: (...args) => ctl(node, args),
    kill: () => end(node, "KILL"),
    stop: () => end(node, "TERM"),
    start: () => startNode(node),
    pause: () => signal(node, "STOP"),
    resume: () => signal(node, "CONT"),
  };
}

function namedBroker(
  common: Pick<Broker, "version" | "generation" | "url">,
  managementUrl: string | undefined,
): Broker {
  const not = (): never => {
    throw new Error(
      "this needs a broker that the tests may control, not one that STREAMLL_TEST_AMQP_URL names",
    );
  };
  const refuse = async () => not();
  return {
    ...common,
    owned: false,
    async manage(...request) {
      return manage(this.managementUrl, ...request);
    },
    get managementUrl() {
      if (!managementUrl)
        throw new Error("this needs the broker's HTTP API: set STREAMLL_TEST_MANAGEMENT_URL");
      return managementUrl;
    },
    get tlsUrl() {
      return not();
    },
    get ca() {
      return not();
    },
    get streamPort() {
      return not();
    },
    ctl: refuse,
    kill: refuse,
    stop: refuse,
    start: refuse,
    pause: refuse,
    resume: refuse,
  };
}
