import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { commandLine, environment } from "../support/spawned.js";

const program = fileURLToPath(new URL("leaving.ts", import.meta.url));
export const ESCAPE = "\u001b[31m";

export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "spool-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A program whose sink has so many events in its spool, and goes on running. */
export async function running(
  directory: string,
  count: number,
  from = 0,
  exchange = "streamll_events",
): Promise<ChildProcess> {
  const [node, load, tsx] = commandLine;
  const given = JSON.stringify({ directory, from, count, text: ESCAPE, exchange });
  const child = spawn(node, [load, tsx, program, given], {
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = await Promise.race([once(child.stdout!, "data"), once(child, "close")]);
  expect(String(said)).toBe("spooled\n");
  return child;
}

/** What a program leaves that is killed. */
export async function killed(...given: Parameters<typeof running>): Promise<void> {
  const child = await running(...given);
  child.kill("SIGKILL");
  await once(child, "close");
}
