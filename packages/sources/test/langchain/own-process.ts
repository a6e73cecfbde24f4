import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const cwd = fileURLToPath(new URL("../../../../", import.meta.url));

/**
 * Runs a program of this folder in a process of its own, and parses the JSON that it prints. LangGraph, once loaded,
 * affects the whole process. And the packages are loaded by Node instead of vitest, so that LangGraph and `register` have
 * the same copy of `@langchain/core`.
 */
export async function inOwnProcess<T>(program: string, ...args: string[]): Promise<T> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", file, ...args], {
    cwd,
    maxBuffer: 16 * 1024 ** 2,
  });
  return JSON.parse(stdout) as T;
}
