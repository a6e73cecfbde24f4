/** What a package may import of ours, as patterns of package names (`*` for any ending). */
export interface Layer {
  readonly may: readonly string[];
  /** Only through `import()`, and in package.json only as an optional peer. */
  readonly onDemand?: readonly string[];
}

const transports = [
  "@streamll/transport-memory",
  "@streamll/transport-amqp091",
  "@streamll/transport-amqp10",
  "@streamll/transport-streams",
  "@streamll/transport-pubsub",
];

/** Which source may import whom, by folder. Tests, tooling and examples may import anything. */
const layers: Readonly<Record<string, Layer>> = {
  "packages/core": { may: [] },
  // A super stream on an old broker is made over AMQP 0-9-1.
  "packages/transport-streams": { may: ["@streamll/core"], onDemand: ["@streamll/transport-amqp091"] },
  "packages/transport-*": { may: ["@streamll/core"] },
  "packages/sink": { may: ["@streamll/core"], onDemand: transports },
  "packages/consumer": { may: ["@streamll/core"], onDemand: transports },
  "packages/sources": { may: ["@streamll/core"] },
  "apps/cli": { may: ["@streamll/core", "@streamll/sink", "@streamll/consumer", ...transports] },
  "apps/bench": { may: ["@streamll/*", "streamll"] },
  "apps/demo": { may: ["@streamll/*", "streamll"] },
};

export function layerOf(folder: string): Layer | undefined {
  const pattern = Object.keys(layers).find((pattern) => matches(pattern, folder));
  return pattern === undefined ? undefined : layers[pattern];
}

export function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
