import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { get } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "@streamll/brokers";

/** Where the Cloud SDK is, by its own variable, or as its packages and its installer put it. */
const roots = [
  process.env.CLOUDSDK_ROOT_DIR,
  "/usr/lib/google-cloud-sdk",
  "/usr/share/google-cloud-sdk",
  join(homedir(), "google-cloud-sdk"),
];

/** The file of Google's emulator; `undefined` where it is not installed. */
export function emulatorJar(): string | undefined {
  for (const root of roots) {
    if (root === undefined) continue;
    const folder = join(root, "platform/pubsub-emulator/lib");
    try {
      const jar = readdirSync(folder).find((file) => /^cloud-pubsub-emulator-.*\.jar$/.test(file));
      if (jar !== undefined) return join(folder, jar);
    } catch {
      // Not there.
    }
  }
  return undefined;
}

export interface Emulator extends AsyncDisposable {
  /** `127.0.0.1:PORT`, of REST and of gRPC. */
  readonly host: string;
}

/** Starts Google's emulator on a free port. */
export async function startEmulator(jar: string): Promise<Emulator> {
  const port = await freePort();
  const child = spawn("java", ["-jar", jar, "--host=127.0.0.1", `--port=${port}`], { stdio: "ignore" });
  const failed = once(child, "error").then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  const host = `127.0.0.1:${port}`;
  const ready = until(
    () => child.exitCode !== null || answers(`http://${host}/`),
    "Google's emulator",
    120_000,
  );
  await Promise.race([ready, failed]);
  return { host, [Symbol.asyncDispose]: () => end(child) };
}

const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    get(url, (response) => {
      response.resume();
      resolve(true);
    }).on("error", () => resolve(false));
  });

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
