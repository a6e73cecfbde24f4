import { type ParseArgsConfig, parseArgs } from "node:util";

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {}

/** As `parseArgs`; a command line that it refuses ends the program as a {@link UsageError} does. */
export function commandLine<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    return refused(error as Error);
  }
}

/**
 * Runs a program, and ends the process with the exit code that it gives: by itself it would not end as long as a socket
 * waits for the last word of a broker whose network is gone.
 */
export async function endWith(run: () => Promise<number>): Promise<never> {
  try {
    process.exit(await run());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return refused(error);
  }
}

/** In a line, since the stack says nothing to who mistyped an option. */
function refused({ message }: Error): never {
  console.error(message);
  process.exit(2);
}
