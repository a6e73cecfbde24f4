import { execFileSync } from "node:child_process";
import { arch, cpus, platform } from "node:os";
import { fileURLToPath } from "node:url";

/** The day, the commit, the machine and the Node.js that figures are of, as one sentence. */
export function circumstances(): string {
  const [{ model = "unknown" } = {}, ...others] = cpus();
  const cores = `${others.length + 1} cores (${model.trim()})`;
  return `${today()}, commit ${commit()}, ${platform()} ${arch()}, ${cores}, Node ${process.version}.`;
}

export const today = (): string => new Date().toISOString().slice(0, 10);

function commit(): string {
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const git = (...args: string[]) => execFileSync("git", args, { cwd, encoding: "utf8" }).trim();
  try {
    const changed = git("status", "--porcelain", "--", "../../packages").length > 0;
    return git("rev-parse", "--short", "HEAD") + (changed ? " with changes" : "");
  } catch {
    return "unknown";
  }
}
