import type { Disk, DiskFile } from "@streamll/core/internal";

export type Call =
  | "list"
  | "create"
  | "open"
  | "write"
  | "read"
  | "sync"
  | "syncFolder"
  | "rename"
  | "remove";

/** A folder in memory, which outlives the programs of a test, and fails as the test says. */
export class MemoryDisk implements Disk {
  readonly files = new Map<string, Buffer>();
  /** Returns the code that a call fails with. */
  fails: (call: Call, name: string) => string | undefined = () => undefined;
  /** So many bytes of each write are taken at most. */
  takes = Number.POSITIVE_INFINITY;
  /** What a write beside the program waits for. */
  delay: (bytes: number) => Promise<void> | undefined = () => undefined;
  /** What is told when a sync that fails throws away what it could not bring to the disk, as on some file systems. */
  forgot: (() => void) | undefined;
  /** What a sync waits for. */
  syncDelay: () => Promise<void> | undefined = () => undefined;
  /** Files that are open. */
  handles = 0;
  /** What a write in the program waits for. */
  hold: (bytes: number) => void = () => {};
  readonly calls: Call[] = [];
  /** What is on the disk itself of each file, and the names that are. */
  readonly #synced = new Map<string, Buffer>();
  #names: readonly string[] = [];
  /** From where to where a failed sync has lost a file: the operating system takes these bytes for written, until they are. */
  readonly #lost = new Map<string, { from: number; to: number }[]>();

  list() {
    this.#call("list", "");
    return [...this.files].map(([name, { length: size }]) => ({ name, size }));
  }

  create(name: string): DiskFile {
    this.#call("create", name);
    if (this.files.has(name)) throw failure("EEXIST");
    this.files.set(name, Buffer.alloc(0));
    return this.#file(name);
  }

  open(name: string): DiskFile {
    this.#call("open", name);
    if (!this.files.has(name)) throw failure("ENOENT");
    return this.#file(name);
  }

  rename(from: string, to: string): void {
    this.#call("rename", from);
    this.files.set(to, this.files.get(from)!);
    this.files.delete(from);
  }

  remove(name: string): void {
    this.#call("remove", name);
    if (!this.files.delete(name)) throw failure("ENOENT");
  }

  async syncFolder(): Promise<void> {
    this.#call("syncFolder", "");
    this.#names = [...this.files.keys()];
  }

  /** A copy, as a program that starts now would find it. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk();
    for (const [name, bytes] of this.files) copy.files.set(name, Buffer.from(bytes));
    for (const [name, bytes] of this.#synced) copy.#synced.set(name, bytes);
    for (const [name, lost] of this.#lost) copy.#lost.set(name, lost);
    copy.#names = this.#names;
    return copy;
  }

  /** What is left when the power goes: of what was not synced, nothing. */
  afterPowerCut(): MemoryDisk {
    const left = this.copy();
    left.files.clear();
    for (const name of this.#names) left.files.set(name, this.#synced.get(name) ?? Buffer.alloc(0));
    return left;
  }

  /** Bytes of all files of events and marks. */
  get bytes(): number {
    let bytes = 0;
    for (const [name, { length }] of this.files) if (/\.(events|marks)$/.test(name)) bytes += length;
    return bytes;
  }

  /** The names of the files of events, oldest first. */
  get eventFiles(): string[] {
    return [...this.files.keys()].filter((name) => name.endsWith(".events")).sort();
  }

  #call(call: Call, name: string): void {
    this.calls.push(call);
    const code = this.fails(call, name);
    if (code !== undefined) throw failure(code);
  }

  #sync(name: string, bytes: Buffer): void {
    const lost = this.#lost.get(name) ?? [];
    try {
      this.#call("sync", name);
    } catch (error) {
      const from = this.#synced.get(name)?.length ?? 0;
      this.#lost.set(name, [...lost, { from, to: bytes.length }]);
      if (this.forgot !== undefined && this.files.has(name)) {
        this.files.set(name, Buffer.from(bytes).fill(0, from));
        this.forgot();
      }
      throw error;
    }
    const kept = Buffer.from(bytes);
    for (const { from, to } of lost) kept.fill(0, from, to);
    this.#synced.set(name, kept);
  }

  #writtenAgain(name: string, begin: number, end: number): void {
    const parts = (this.#lost.get(name) ?? []).flatMap(({ from, to }) => [
      { from, to: Math.min(to, begin) },
      { from: Math.max(from, end), to },
    ]);
    this.#lost.set(
      name,
      parts.filter(({ from, to }) => from < to),
    );
  }

  #file(name: string): DiskFile {
    this.handles++;
    let isOpen = true;
    // A file that is removed while it is open lives on for those that have it open.
    let own = this.files.get(name)!;
    const bytes = () => {
      own = this.files.get(name) ?? own;
      return own;
    };
    const write = (given: Buffer, at: number) => {
      this.#call("write", name);
      const taken = given.subarray(0, this.takes);
      const grown = Buffer.alloc(Math.max(bytes().length, at + taken.length));
      bytes().copy(grown);
      taken.copy(grown, at);
      this.#writtenAgain(name, at, at + taken.length);
      own = grown;
      if (this.files.has(name)) this.files.set(name, grown);
      return taken.length;
    };
    const read = (target: Buffer, at: number) => {
      this.#call("read", name);
      return bytes().copy(target, 0, at);
    };
    return {
      write: (given, at) => {
        this.hold(given.length);
        return write(given, at);
      },
      writeLater: async (given, at) => {
        await this.delay(given.length);
        return write(given, at);
      },
      read,
      readLater: async (target, at) => read(target, at),
      sync: async () => {
        await this.syncDelay();
        this.#sync(name, bytes());
      },
      close: () => {
        if (isOpen) this.handles--;
        isOpen = false;
      },
    };
  }
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: the disk of the test`), { code });
