import { debian } from "./debian/engine.js";
import { docker } from "./docker/engine.js";
import type { Engine } from "./engine.js";
import { succeeds } from "./run.js";

const engines: readonly Engine[] = [docker, debian];

export const engineNamed = (name: string): Engine => engines.find((engine) => engine.name === name)!;

/**
 * The best way to run brokers that this machine has.
 * @param otherwise What else would do, for the error that there is none.
 */
export async function engineOfThisMachine(otherwise = ""): Promise<Engine> {
  // A client without its engine is common: it is the engine that has to answer.
  if (await succeeds(["docker", "version"])) return docker;
  if (process.getuid?.() === 0 && (await succeeds(["grep", "-qx", "ID=debian", "/etc/os-release"])))
    return debian;
  throw new Error(`no RabbitMQ to test with: start Docker, or be root on Debian${otherwise}`);
}
