import type { BatchHandler, EventConsumerOptions, EventInHand } from "@streamll/consumer";
import { printableJson } from "@streamll/core/internal";
import type { Arguments } from "../command/arguments.js";
import { Failure, UsageError } from "../exit.js";
import type { Output, Shell } from "../shell.js";
import { Child } from "./child.js";
import { openLineFile } from "./file.js";

/** At most so many events are written at a time: one sync is for all of them. */
const BATCH_EVENTS = 500;
/** The child of `--exec` has so long to end after its last line, in milliseconds. */
const CHILD_ENDS_MS = 3000;

/** Where events go. */
export interface Target {
  readonly handling: EventConsumerOptions;
  /** Once nothing comes any more. */
  close(): Promise<void>;
}

export interface TargetRequest {
  readonly args: Arguments;
  readonly shell: Shell;
  readonly prefetch: number;
  readonly limit: number;
  /** The consumer is to stop, at once: the limit is reached, or what is told went wrong. */
  end(failure?: Failure): void;
}

/**
 * Opens what `--out` or `--exec` names, or stdout.
 *
 * @throws UsageError
 */
export async function openTarget(request: TargetRequest): Promise<Target> {
  const { args, shell, end } = request;
  const path = args.get("out");
  const command = args.get("exec");
  if (path === "") throw new UsageError("--out needs the name of a file");
  if (command?.trim() === "") throw new UsageError("--exec needs a command");
  if (path !== undefined && command !== undefined)
    throw new UsageError("--out and --exec both take the events: leave out one of them");
  if (command === undefined && args.get("concurrency") !== undefined)
    throw new UsageError("--concurrency is of --exec: without it events are written one after another");
  if (command !== undefined) return toCommand(command, request);
  if (path === undefined) {
    const { stdout } = shell;
    stdout.on("error", (error: NodeJS.ErrnoException) => end(closedOr(error)));
    return { handling: inBatches(request, (lines) => written(stdout, lines)), close: async () => {} };
  }
  const file = await openLineFile(path);
  return { handling: inBatches(request, file.add), close: file.close };
}

/** The reader of our output may leave: that is the end of it, and no failure. */
const closedOr = (error: NodeJS.ErrnoException): Failure | undefined =>
  error.code === "EPIPE" ? undefined : new Failure(`the output cannot be written (${error.code})`);

const written = (output: Output, lines: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    output.write(lines.map((line) => `${line}\n`).join(""), (error) => (error ? reject(error) : resolve()));
  });

/** What a terminal or a log that shows it later takes for a command is escaped; it stays the same document. */
const lineOf = ({ body }: Pick<EventInHand, "body">): string => printableJson(body.toString("utf8").trim());

function inBatches(
  { prefetch, limit, end }: TargetRequest,
  write: (lines: readonly string[]) => Promise<void>,
): EventConsumerOptions {
  let left = limit;
  const handleBatch: BatchHandler = async (events) => {
    const taken = events.slice(0, left);
    left -= taken.length;
    if (left === 0) end();
    for (const event of events.slice(taken.length)) event.giveBack();
    try {
      await write(taken.map(lineOf));
    } catch (error) {
      end(error instanceof Failure ? error : closedOr(error as NodeJS.ErrnoException));
      for (const event of taken) event.giveBack();
    }
  };
  return { handleBatch, batch: { size: Math.min(BATCH_EVENTS, prefetch, limit), wait: "20ms" } };
}

function toCommand(command: string, { limit, end }: TargetRequest): Target {
  const child = new Child(command, end);
  let left = limit;
  return {
    handling: {
      handle: (_, delivery) => {
        if (delivery.attempt === 1 && --left === 0) end();
        delivery.signal.addEventListener("abort", () => {
          const { code } = delivery.signal.reason as { readonly code: string };
          if (code === "HANDLER_TIMEOUT")
            end(new Failure("the command of --exec has not answered within --handler-timeout"));
        });
        return child.ask(lineOf(delivery));
      },
    },
    close: () => child.close(CHILD_ENDS_MS),
  };
}
