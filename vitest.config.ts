import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Tests run from source: no build comes first.
const alias = [
  {
    find: /^@streamll\/(core|connection|consumer|sink)\/(internal|options)$/,
    replacement: source("./packages/$1/src/$2.ts"),
  },
  { find: /^@streamll\/(brokers|evidence|programs)$/, replacement: source("./tooling/$1/src/index.ts") },
  {
    find: /^@streamll\/(fake-pubsub|fake-service-bus|harness)$/,
    replacement: source("./verification/$1/src/index.ts"),
  },
  { find: "streamll/run", replacement: source("./apps/cli/src/run.ts") },
  { find: "@streamll/harness/defaults", replacement: source("./verification/harness/src/defaults.ts") },
  { find: /^@streamll\/sources\/(.+)$/, replacement: source("./packages/sources/src/$1/index.ts") },
  { find: /^@streamll\/([a-z0-9-]+)$/, replacement: source("./packages/$1/src/index.ts") },
];

/** Tests that need no broker. */
const alone = (roots: string) => ({
  include: [`${roots}/test/**/*.test.ts`],
  exclude: ["**/node_modules/**", "**/*.broker.test.ts", "**/*.slow.test.ts"],
  // Loading everything anew for each file is 40 % of the time. A file leaves nothing behind.
  isolate: false,
  // More than cores: many files wait for what does not come.
  maxWorkers: availableParallelism() + 1,
  // For a machine that does something else too.
  testTimeout: 30_000,
  hookTimeout: 30_000,
});

/** Tests on real brokers. */
const onBrokers = (kind: string, testTimeout: number) => ({
  include: [`{packages,apps,tooling,verification,examples}/*/test/**/*.${kind}.test.ts`],
  globalSetup: "./tooling/brokers/src/vitest.ts",
  testTimeout,
  hookTimeout: 180_000,
  // Each has brokers of its own; a named broker is one for all.
  maxWorkers: process.env.STREAMLL_TEST_AMQP_URL ? 1 : 2,
});

export default defineConfig({
  resolve: { alias },
  test: {
    setupFiles: "./tooling/test-run/started.mjs",
    // A second, as is usual, is too short for a machine that does something else too.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      { extends: true, test: { name: "unit", ...alone("{packages,apps,examples}/*") } },
      // Once more in a vm context, as Jest runs every test: Node's errors are then of other classes than ours.
      {
        extends: true,
        test: {
          ...alone("packages/*"),
          name: "realm",
          include: ["packages/*/test/**/*.realm.test.ts"],
          pool: "vmForks",
        },
      },
      // Of the project's own scripts: compilers and processes, slower than all of the above.
      { extends: true, test: { name: "tooling", ...alone("{tooling,verification}/*") } },
      { extends: true, test: { name: "broker", ...onBrokers("broker", 60_000) } },
      // For `npm run test:slow`: what would keep `npm test` from ending within minutes.
      { extends: true, test: { name: "slow", ...onBrokers("slow", 300_000) } },
    ],
  },
});
