import { PassThrough, Readable } from "node:stream";
import { run } from "streamll/run";

/** What `streamll ui` shows of the demo's exchange. */
export interface Page {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Opens it before the program runs, so that it sees every event.
 *
 * @throws Error in the words of the command, where it cannot be opened.
 */
export async function openPage(url: string, exchange: string): Promise<Page> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const ended = new AbortController();
  const shell = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: ended.signal };
  const code = run(["ui", "--quiet", "--url", url, "--exchange", exchange], shell);
  const address = await Promise.race([
    new Promise<string>((resolve) => stdout.once("data", (line) => resolve(String(line).trim()))),
    code.then(() => undefined),
  ]);
  if (address === undefined) throw new Error(String(stderr.read() ?? "the page could not be opened").trim());
  return {
    address,
    async close() {
      ended.abort(0);
      await code;
    },
  };
}
