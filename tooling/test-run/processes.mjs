// The processes that `tooling/run.mjs` starts.
import { spawn } from "node:child_process";
import { constants } from "node:os";

const running = new Set();
let signalled;

/** From now on a signal that would end this process ends those that it runs, so that it can still report. */
export function passSignalsOn() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (running.size === 0) process.exit(exitCodeOf(signal));
      for (const group of running) group.signal(signalled ? "SIGKILL" : signal);
      signalled = signal;
    });
  }
}

/** The signal that was sent to end this process, where one was. */
export const interruption = () => signalled;

export const exitCodeOf = (signal) => 128 + constants.signals[signal];

/** Starts a command in a process group of its own, so that a signal reaches all of it, once. */
export function start([file, ...args], { cwd, env, onOutput }) {
  const child = spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: onOutput ? ["ignore", "pipe", "pipe"] : "inherit",
  });
  child.stdout?.on("data", onOutput);
  child.stderr?.on("data", onOutput);
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {} // all of it has just ended
  };
  const group = { signal };
  running.add(group);
  const ended = new Promise((resolve) => {
    const end = (code) => {
      running.delete(group);
      resolve(code);
    };
    child.on("error", (error) => {
      console.error(`${file}: ${error.message}`);
      end(127);
    });
    child.on("close", (code, name) => end(code ?? exitCodeOf(name)));
  });
  return { ended, signal };
}
