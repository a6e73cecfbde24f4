import { Fifo } from "../buffer/fifo.js";

/** A task of the schedule. */
export interface Scheduled {
  /** Tasks of one key run one after another, in the order in which they came. Absent: beside all others. */
  readonly key: string | undefined;
  /** Its first try begins when no other task is in its first, and none begins beside it. */
  readonly alone: boolean;
  /** Its first try is over: the schedule's own note. */
  isTried: boolean;
  /** Begins it. It never throws, and tells its end by {@link Schedule.ended}, at once or later. */
  begin(): void;
}

/** Runs tasks side by side, those of one key one after another. */
export class Schedule<Task extends Scheduled> {
  readonly #concurrency: number;
  /** What may run, the oldest first. */
  readonly #ready = new Fifo<Task>();
  /** By key of a task that runs or may run: what waits for it, if anything. */
  readonly #behind = new Map<string, Fifo<Task> | undefined>();
  #waiting = 0;
  #running = 0;
  /** Those in their first try. */
  #untried = 0;
  #isAlone = false;
  #isBeginning = false;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  /** How many tasks have not begun. */
  get waiting(): number {
    return this.#waiting;
  }

  /** How many have begun and not ended. */
  get running(): number {
    return this.#running;
  }

  add(task: Task): void {
    this.#waiting++;
    const { key } = task;
    if (key !== undefined && this.#behind.has(key)) {
      const behind = this.#behind.get(key) ?? new Fifo<Task>();
      behind.push(task);
      this.#behind.set(key, behind);
    } else {
      if (key !== undefined) this.#behind.set(key, undefined);
      this.#ready.push(task);
    }
    this.#next();
  }

  /** The first try of a task has ended, and others follow: it is no longer alone. */
  tried(task: Task): void {
    this.#noteTried(task);
    this.#next();
  }

  ended(task: Task): void {
    this.#noteTried(task);
    this.#running--;
    if (task.key !== undefined) this.#free(task.key);
    this.#next();
  }

  /** Takes out all that has not begun. */
  clear(): Task[] {
    const ready = this.#ready.clear();
    const tasks = [...ready];
    for (const behind of this.#behind.values()) tasks.push(...(behind?.clear() ?? []));
    // What was ready has not begun: nothing frees its key.
    for (const { key } of ready) if (key !== undefined) this.#behind.delete(key);
    this.#waiting = 0;
    return tasks;
  }

  #next(): void {
    // One that ends at once comes by here from within its beginning: the loop goes on by itself.
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    for (let task = this.#ready.peek(); task !== undefined; task = this.#ready.peek()) {
      if (this.#isAlone || this.#running >= this.#concurrency || (task.alone && this.#untried > 0)) break;
      this.#ready.shift();
      this.#waiting--;
      this.#running++;
      this.#untried++;
      this.#isAlone = task.alone;
      task.begin();
    }
    this.#isBeginning = false;
  }

  #noteTried(task: Task): void {
    if (task.isTried) return;
    task.isTried = true;
    this.#untried--;
    if (task.alone) this.#isAlone = false;
  }

  #free(key: string): void {
    const next = this.#behind.get(key)?.shift();
    if (next === undefined) this.#behind.delete(key);
    else this.#ready.push(next);
  }
}
