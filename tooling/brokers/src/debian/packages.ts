import { progress } from "../progress.js";
import { run, succeeds } from "../run.js";

/** Installs packages on this machine. Call it with the lock held. */
export async function install(...packages: string[]): Promise<void> {
  const command = [
    "apt-get",
    "install",
    "--yes",
    "--no-install-recommends",
    "-o",
    "DPkg::Lock::Timeout=600",
    ...packages,
  ];
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  if (!(await succeeds(["apt-cache", "show", ...packages])))
    await run(["apt-get", "update"], quiet, progress("apt-get update"));
  await run(command, quiet, progress("apt-get install")).catch(async () => {
    // Old lists name packages that the mirror has replaced.
    await run(["apt-get", "update"], quiet);
    await run(command, quiet);
  });
}
