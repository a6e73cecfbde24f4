import type { DeadLetters, ReplayProgress, ReplayReport, Selection, ShownLetter } from "@streamll/consumer";
import { isError, plainJson, printableJson, told } from "@streamll/core/internal";
import { inFlags } from "../../command/in-flags.js";
import { summary } from "../../dlq/replay.js";
import { type Reply, refusal } from "../actions.js";
import { short } from "../short.js";
import { Catalogue, type Chosen } from "./catalogue.js";

/** Of a letter's data, and of its headers. */
const MOST_DATA = 100_000;
const MOST_HEADERS = 20_000;
/** Ids in doubt that are told one by one. */
const MOST_DOUBTFUL = 100;

interface Task {
  readonly name: "look" | "show" | "replay";
  readonly ending: AbortController;
  progress?: ReplayProgress;
  ended: Promise<unknown>;
}

export interface DeskSetup {
  readonly letters: Pick<DeadLetters, "list" | "show" | "replay">;
  /** Its name, for people. */
  readonly queue: string;
  readonly mayReplay: boolean;
  /** Told what the page does to the queue. */
  readonly notify: (text: string) => void;
}

/** The dead letters of one queue, for the page. One thing is done at a time, whoever asks. */
export class Desk {
  /** Grows with each change. */
  version = 1;
  /** What the last look found. */
  catalogue: Catalogue | undefined;
  readonly #setup: DeskSetup;
  #task: Task | undefined;
  #report: ReplayReport | undefined;
  #problem: string | undefined;

  constructor(setup: DeskSetup) {
    this.#setup = setup;
  }

  /** For the head of the page. */
  get about() {
    const { queue, mayReplay } = this.#setup;
    return { queue: short(queue), mayReplay };
  }

  /** What goes on, for the page. */
  get state() {
    const task = this.#task && { name: this.#task.name, ...this.#task.progress };
    return { task, problem: this.#problem, report: this.#report && shownReport(this.#report) };
  }

  look(): Reply {
    return this.#start("look", async (task) => {
      this.#report = undefined;
      await this.#look(task);
    });
  }

  /** Of one letter its data and its headers, which a list leaves out. */
  async show(version: unknown, chosen: Chosen): Promise<Reply> {
    const selection = this.catalogue?.selectionOf(version, chosen);
    if (selection === undefined) return stale;
    let found: ShownLetter | undefined;
    const started = this.#start("show", async ({ ending: { signal } }) => {
      [found] = (await this.#setup.letters.show({ ...selection, limit: 1, signal })).letters;
    });
    if (started.status !== ACCEPTED.status) return started;
    await this.#task?.ended;
    if (found !== undefined) return { status: 200, body: shownLetter(found) };
    return refusal(404, this.#problem ?? "this letter is no longer in the queue: look again");
  }

  /** Sends what fits to where it was meant for, and looks again. */
  replay(version: unknown, chosen: Chosen, rate: number | undefined): Reply {
    const { letters, queue, mayReplay, notify } = this.#setup;
    if (!mayReplay)
      return refusal(403, "this page may only look: start streamll ui with --allow-replay to replay");
    const selection = this.catalogue?.selectionOf(version, chosen);
    if (selection === undefined) return stale;
    return this.#start("replay", async (task) => {
      this.#report = undefined;
      notify(`the page replays dead letters of ${queue}: ${chosenText(selection)}`);
      const report = await letters.replay({
        ...selection,
        ...(rate !== undefined && { rate }),
        signal: task.ending.signal,
        onProgress: (progress) => {
          task.progress = progress;
          this.version++;
        },
      });
      this.#report = report;
      notify(summary(report, false));
      if (!task.ending.signal.aborted) await this.#look(task);
    });
  }

  /** Ends what goes on; what is held is given back. */
  stop(): Reply {
    this.#task?.ending.abort();
    return ACCEPTED;
  }

  /** Stops, and waits for the end. Never rejects. */
  async close(): Promise<void> {
    this.stop();
    await this.#task?.ended;
  }

  async #look({ ending: { signal } }: Task): Promise<void> {
    const list = await this.#setup.letters.list({ signal });
    this.catalogue = new Catalogue(list, this.version);
  }

  #start(name: Task["name"], work: (task: Task) => Promise<void>): Reply {
    if (this.#task !== undefined) return busy(this.#task);
    const task: Task = { name, ending: new AbortController(), ended: Promise.resolve() };
    this.#task = task;
    this.#problem = undefined;
    this.version++;
    task.ended = work(task)
      .catch((error: unknown) => {
        if (!task.ending.signal.aborted)
          this.#problem = isError(error) ? inFlags(told(error.message)) : "an unknown failure";
      })
      .then(() => {
        this.#task = undefined;
        this.version++;
      });
    return ACCEPTED;
  }
}

const ACCEPTED: Reply = { status: 202, body: {} };

const stale = refusal(409, "the list has changed meanwhile: choose again");

const doing = {
  look: "the queue is being looked at",
  show: "a letter is being fetched",
  replay: "a replay is under way",
};

const busy = ({ name }: Task): Reply => refusal(409, `${doing[name]}: wait for its end, or stop it`);

const chosenText = (selection: Selection): string =>
  Object.entries(selection)
    .map(([name, value]) => `${name} ${short(String(value))}`)
    .join(", ") || "all of them";

function shownReport(report: ReplayReport) {
  const { replayId, replayed, doubtful, problems, complete } = report;
  return {
    ...{ replayId: short(replayId), replayed, complete, summary: summary(report, false) },
    doubtful: doubtful.slice(0, MOST_DOUBTFUL).map((id) => short(id)),
    problems: problems.map(({ code, message, count }) => ({
      ...{ code: short(code), count },
      message: told(message),
    })),
  };
}

function shownLetter({ event, headers, body }: ShownLetter) {
  const written = (value: unknown, most: number) => printableJson(plainJson(value, most) ?? "");
  return {
    headers: written(headers, MOST_HEADERS),
    ...(event === undefined ? { bytes: body.length } : { data: written(event.data, MOST_DATA) }),
  };
}
