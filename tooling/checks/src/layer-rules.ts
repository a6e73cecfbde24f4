/** What a package may import of ours, as patterns of package names (`*` for any ending). */
export interface Layer {
  readonly may: readonly string[];
  /** Only through `import()`, and in package.json only as an optional peer. */
  readonly onDemand?: readonly string[];
  /** Files of other packages that become part of its own when it is built, as paths from the root. */
  readonly builtIn?: readonly RegExp[];
  /** Optional peers in package.json that it only hands on to what it depends on. */
  readonly handsOn?: readonly string[];
}

const transports = [
  "@streamll/transport-memory",
  "@streamll/transport-amqp091",
  "@streamll/transport-amqp10",
  "@streamll/transport-streams",
  "@streamll/transport-pubsub",
];

/** Every transport but the memory one speaks over a socket. */
const transportMay = ["@streamll/core", "@streamll/transport-kit"];

/** Which source may import whom, by folder. Tests, tooling, verification and examples may import anything. */
const layers: Readonly<Record<string, Layer>> = {
  "packages/core": { may: [] },
  "packages/transport-kit": { may: ["@streamll/core"] },
  "packages/transport-memory": { may: ["@streamll/core"] },
  "packages/transport-testkit": { may: ["@streamll/core"] },
  // A super stream on an old broker is made over AMQP 0-9-1.
  "packages/transport-streams": { may: transportMay, onDemand: ["@streamll/transport-amqp091"] },
  "packages/transport-*": { may: transportMay },
  // Options are checked before a transport is loaded: of each, its description, which imports core alone.
  "packages/connection": {
    may: ["@streamll/core"],
    onDemand: transports,
    builtIn: [/^packages\/transport-[a-z0-9]+\/src\/(.+\/)?(description|options)\.ts$/],
  },
  "packages/sink": { may: ["@streamll/core", "@streamll/connection"], handsOn: transports },
  "packages/consumer": { may: ["@streamll/core", "@streamll/connection"], handsOn: transports },
  "packages/sources": { may: ["@streamll/core"] },
  "apps/cli": {
    may: [
      ...["@streamll/core", "@streamll/connection", "@streamll/sink", "@streamll/consumer"],
      // Spans that are received become events as those of the process do.
      "@streamll/sources",
      // What only looks reads by amqplib, and logs in as the transports do.
      "@streamll/transport-kit",
      ...transports,
    ],
  },
  "apps/bench": { may: ["@streamll/*", "streamll"] },
  "apps/site": { may: [] },
  "apps/demo": { may: ["@streamll/*", "streamll"] },
};

export function layerOf(folder: string): Layer | undefined {
  const pattern = Object.keys(layers).find((pattern) => matches(pattern, folder));
  return pattern === undefined ? undefined : layers[pattern];
}

export function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
