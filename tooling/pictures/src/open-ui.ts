import { PassThrough, Readable } from "node:stream";
import type { Broker } from "@streamll/brokers";
import { run } from "streamll/run";

/** Where the events of the pictures go. */
export const names = {
  exchange: "streamll_events",
  queue: "analytics",
  deadLetterExchange: "billing_failed",
} as const;

export interface OpenUi extends AsyncDisposable {
  readonly address: string;
}

/** `streamll ui` in this process. */
export async function openUi({ url, managementUrl }: Broker): Promise<OpenUi> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const ended = new AbortController();
  const shell = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: ended.signal };
  const code = run(
    [
      ...["ui", url, "--quiet", "--exchange", names.exchange, "--queue", names.queue],
      ...["--management-url", managementUrl],
      ...["--dead-letter-exchange", names.deadLetterExchange, "--allow-replay"],
    ],
    shell,
  );
  const address = await Promise.race([
    new Promise<string>((resolve) => stdout.once("data", (line) => resolve(String(line).trim()))),
    code.then(() => {
      throw new Error(String(stderr.read()));
    }),
  ]);
  return {
    address,
    async [Symbol.asyncDispose]() {
      ended.abort(0);
      await code;
    },
  };
}
