import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const blockTimeout = 60_000;

export interface RunOptions {
  readonly root: string;
  /** The broker that stands in for `localhost:5672`. */
  readonly brokerUrl: string | undefined;
}

/** Runs a block in a process and a folder of its own; the failure with its output, or nothing. */
export async function runBlock(file: string, { root, brokerUrl }: RunOptions): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "streamll-block-"));
  const redirect = new URL("./redirect.ts", import.meta.url).href;
  const child = spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), "--import", redirect, file],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        NO_COLOR: "1",
        FORCE_COLOR: undefined,
        TSX_TSCONFIG_PATH: join(root, "tsconfig.json"),
        ...(brokerUrl === undefined ? {} : { STREAMLL_DOCS_BROKER: brokerUrl, RABBITMQ_URL: brokerUrl }),
      },
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, blockTimeout);
  const end = await new Promise<string | number>((resolve) => {
    child.on("close", (code, signal) => resolve(code ?? signal ?? 1));
  });
  clearTimeout(timer);
  rmSync(folder, { recursive: true, force: true });
  if (end === 0) return undefined;
  const why = late ? `not finished after ${blockTimeout / 1000} s` : `ended with ${end}`;
  return `${why}\n${output.split("\n").slice(-40).join("\n").trimEnd()}`;
}

/** The block with its local broker's URLs replaced by that of the broker for tests. */
export function onBroker(source: string, brokerUrl: string | undefined): string {
  if (brokerUrl === undefined) return source;
  const base = brokerUrl.replace(/^(\w+:\/\/[^/]*).*$/s, "$1");
  return source.replaceAll(/amqp:\/\/(?:[^@\s/"'`]*@)?(?:localhost|127\.0\.0\.1)(?::5672)?(?=[/"'`])/g, base);
}
