import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { type Delivery, StreamllError } from "@streamll/core";
import { randomId } from "@streamll/core/internal";
import { deliveryCounts } from "./replayed.js";

/** What a journal says of one dead letter of this run. */
export type Remembered =
  /** It was published and confirmed before: it is only to be acknowledged. */
  | "confirmed"
  /** It was about to be published when the run ended: it may be there already. */
  | "doubtful"
  | "new";

const VERSION = 1;
/** A line has a kind (intent, confirm, refusal) and a digest of 32 bytes in hexadecimal; or an id that is in doubt. */
const LINE = /^([icr]) ([0-9a-f]{64})$|^d (".*")$/;

/**
 * What a replay has done, on disk: the intent is synced before the publish, the confirm before the acknowledgement. So a
 * run after a crash publishes nothing that was confirmed, and names what is in doubt.
 */
export class Journal {
  /** Of the first run, and of those that go on with its file. */
  readonly replayId: string;
  /** Ids of letters that may have been published twice, those of earlier runs first. */
  readonly doubtful: readonly string[];
  readonly #file: FileHandle;
  readonly #intents: Map<string, number>;
  readonly #confirms: Map<string, number>;

  private constructor(file: FileHandle, { replayId, doubtful, intents, confirms }: Contents) {
    this.#file = file;
    this.replayId = replayId;
    this.doubtful = doubtful;
    this.#intents = intents;
    this.#confirms = confirms;
  }

  /**
   * Opens the file, or makes it. A last line that a crash has cut is taken away.
   *
   * @throws StreamllError of code `JOURNAL_UNUSABLE` for a file that is not a journal, or one of another queue.
   */
  static async open(path: string, queue: string): Promise<Journal> {
    // Nobody else may read it, though it holds no event.
    const file = await open(path, "a+", 0o600).catch((cause) => {
      throw unusable(`the journal cannot be opened (${(cause as NodeJS.ErrnoException).code})`, cause);
    });
    try {
      const text = await file.readFile("utf8");
      const whole = text.slice(0, text.lastIndexOf("\n") + 1);
      const contents = read(whole, queue);
      await file.truncate(Buffer.byteLength(whole));
      if (whole === "") {
        const head = { streamll_journal: VERSION, queue, replay_id: contents.replayId };
        await file.appendFile(`${JSON.stringify(head)}\n`);
        await file.sync();
      }
      return new Journal(file, contents);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Asked once for each delivery: two that are the same in every byte are told apart by their number. */
  recall(digest: string): Remembered {
    if (take(this.#confirms, digest)) {
      take(this.#intents, digest);
      return "confirmed";
    }
    return take(this.#intents, digest) ? "doubtful" : "new";
  }

  /** Remembers ids that are in doubt; they are on disk with the next intent. */
  async doubt(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#file.appendFile(ids.map((id) => `d ${JSON.stringify(id)}\n`).join(""));
  }

  /** Resolves when it is on disk. */
  intend(digests: readonly string[]): Promise<void> {
    return this.#write("i", digests);
  }

  /** Resolves when it is on disk. */
  confirm(digests: readonly string[]): Promise<void> {
    return this.#write("c", digests);
  }

  /** They were certainly not published: nothing of them is in doubt. */
  refuse(digests: readonly string[]): Promise<void> {
    return this.#write("r", digests);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #write(kind: "i" | "c" | "r", digests: readonly string[]): Promise<void> {
    if (digests.length === 0) return;
    await this.#file.appendFile(digests.map((digest) => `${kind} ${digest}\n`).join(""));
    await this.#file.datasync();
  }
}

interface Contents {
  readonly replayId: string;
  readonly doubtful: readonly string[];
  readonly intents: Map<string, number>;
  readonly confirms: Map<string, number>;
}

function read(text: string, queue: string): Contents {
  const intents = new Map<string, number>();
  const confirms = new Map<string, number>();
  const [first = "", ...lines] = text.split("\n").slice(0, -1);
  const doubtful: string[] = [];
  if (first === "") return { replayId: randomId(), doubtful, intents, confirms };
  const head = headOf(first);
  if (head === undefined)
    throw unusable("the file is no journal of a replay: name another one, or none that is there");
  if (head.queue !== queue)
    throw unusable(`the journal is of the queue ${JSON.stringify(head.queue)}: a journal is of one queue`);
  for (const line of lines) {
    const [, kind, digest = "", id] = LINE.exec(line) ?? [];
    if (id !== undefined) doubtful.push(JSON.parse(id));
    else if (digest === "") throw unusable("the journal has a line that is none of its own");
    else if (kind === "r") take(intents, digest);
    else add(kind === "i" ? intents : confirms, digest);
  }
  return { replayId: head.replayId, doubtful, intents, confirms };
}

function headOf(line: string): { readonly queue: unknown; readonly replayId: string } | undefined {
  try {
    const { streamll_journal: version, queue, replay_id: replayId } = JSON.parse(line);
    return version === VERSION && typeof replayId === "string" ? { queue, replayId } : undefined;
  } catch {
    return undefined;
  }
}

function add(counts: Map<string, number>, digest: string): void {
  counts.set(digest, (counts.get(digest) ?? 0) + 1);
}

function take(counts: Map<string, number>, digest: string): boolean {
  const count = counts.get(digest) ?? 0;
  if (count > 0) counts.set(digest, count - 1);
  return count > 0;
}

const unusable = (message: string, cause?: unknown) =>
  new StreamllError("JOURNAL_UNUSABLE", message, { cause });

/**
 * Tells a dead letter from others: by its id, its headers and its body. One event may be dead in two queues, and may die
 * again after a replay: those differ in their headers.
 */
export function digestOf({ messageId = "", headers, body }: Delivery): string {
  const fields = Object.entries(headers).filter(([name]) => !deliveryCounts.test(name));
  const text = JSON.stringify([messageId, fields], plain);
  return createHash("sha256").update(text).update(body).digest("hex");
}

const plain = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
