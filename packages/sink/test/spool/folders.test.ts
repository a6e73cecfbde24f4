import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { foldersIn, type OwnFolder, openFolder, takeFolder } from "../../src/spool/folder.js";
import { lockPath, takeLock } from "../../src/spool/lock.js";
import { nodeDisk } from "../../src/spool/node-disk.js";
import { Orphans } from "../../src/spool/orphans.js";
import { isFromBeforeRestart, ownerOf, thisMachine } from "../../src/spool/owner.js";

const made: string[] = [];
const scratch = () => {
  const folder = mkdtempSync(join(tmpdir(), "spool-"));
  made.push(folder);
  return folder;
};
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A program that takes the lock of a folder and is killed, which leaves its socket behind. */
async function lockedAndKilled(folder: string): Promise<void> {
  const script = `require("net").createServer().listen(${JSON.stringify(lockPath(folder, 1))}, () => console.log("up"))`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  expect(await takeLock(folder)).toBeUndefined();
  child.kill("SIGSTOP");
  expect(await takeLock(folder)).toBeUndefined();
  child.kill("SIGKILL");
  await once(child, "close");
  expect(existsSync(lockPath(folder, 1))).toBe(true);
}

const leaveEvents = (folder: string) => writeFileSync(join(folder, "0000000000000001.v1.events"), "");

/** A folder with events, whose program has ended. */
async function leftFolder(directory: string) {
  const folder = await openFolder(directory);
  leaveEvents(folder.path);
  await folder.release();
  return folder;
}

describe("the lock of a folder", () => {
  it("belongs to one program, stopped or not, until that is killed", async () => {
    const folder = scratch();
    await lockedAndKilled(folder);
    const lock = await takeLock(folder);
    expect(lock).toBeDefined();
    expect(await takeLock(folder)).toBeUndefined();
    await lock?.release();
    const again = await takeLock(folder);
    expect(again).toBeDefined();
    await again?.release();
  });

  it("goes to one of many that find its owner dead at the same time", async () => {
    const folder = scratch();
    await lockedAndKilled(folder);
    const locks = await Promise.all(Array.from({ length: 12 }, () => takeLock(folder)));
    expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
    for (const lock of locks) await lock?.release();
  });

  it("is a named pipe on Windows, the same for each spelling of the path", () => {
    const pipe = lockPath("C:\\Spool\\w-1", 1, "win32");
    expect(pipe).toMatch(/^\\\\\.\\pipe\\streamll-spool-[0-9a-f]{32}$/);
    expect(lockPath("c:\\spool\\W-1", 7, "win32")).toBe(pipe);
    expect(lockPath("C:\\Spool\\w-2", 1, "win32")).not.toBe(pipe);
  });

  it("cannot lie at a path that is too long for a socket", () => {
    expect(() => lockPath(`/${"x".repeat(100)}`, 1, "linux")).toThrow(/choose a shorter directory/);
  });
});

it("a file that is closed is neither read nor written: its number may be another file's", async () => {
  const file = nodeDisk(scratch()).create("one");
  expect(file.write(Buffer.from("event"), 0)).toBe(5);
  file.close();
  file.close();
  expect(() => file.write(Buffer.from("event"), 0)).toThrow("the file is closed");
  await expect(file.sync()).rejects.toThrow("the file is closed");
});

describe("a directory of several programs", () => {
  it("has a folder for each, which only their owner can read", async () => {
    const directory = join(scratch(), "spool");
    const all = await Promise.all([openFolder(directory), openFolder(directory), openFolder(directory)]);
    expect(new Set(all.map(({ path }) => path)).size).toBe(3);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(all[0].path).mode & 0o777).toBe(0o700);
    expect(statSync(join(all[0].path, "owner.json")).mode & 0o777).toBe(0o600);
    for (const folder of all) await folder.release();
    expect(foldersIn(directory)).toEqual([]);
  });

  it("gives a folder with events to the next program, under the same publisher's name", async () => {
    const directory = scratch();
    const first = await leftFolder(directory);
    const second = await openFolder(directory);
    expect(second.path).toBe(first.path);
    expect(second.publisherName).toBe(first.publisherName);
    await second.release();
  });

  it("gives a folder that a killed program left without events another publisher's name", async () => {
    const directory = scratch();
    const first = await openFolder(directory);
    const left = readFileSync(join(first.path, "owner.json"));
    await first.release();
    mkdirSync(first.path);
    writeFileSync(join(first.path, "owner.json"), left);
    const second = await openFolder(directory);
    expect(second.path).toBe(first.path);
    expect(second.publisherName).not.toBe(first.publisherName);
    await second.release();
  });

  it("gives a copy of a folder another publisher's name", async () => {
    const directory = scratch();
    const first = await openFolder(directory);
    leaveEvents(first.path);
    const copy = join(directory, "w-00000000");
    mkdirSync(copy);
    for (const name of ["owner.json", "0000000000000001.v1.events"])
      cpSync(join(first.path, name), join(copy, name));
    const second = await takeFolder(copy);
    expect(second?.publisherName).toMatch(/^streamll-/);
    expect(second?.publisherName).not.toBe(first.publisherName);
    await first.release();
    await second?.release();
  });

  it("goes on where nothing can be written, under the same publisher's name", async () => {
    const directory = scratch();
    const first = await leftFolder(directory);
    // The file that is written first.
    mkdirSync(join(first.path, "owner.json.new"));
    const owner = join(first.path, "owner.json");
    const left = JSON.parse(readFileSync(owner, "utf8"));
    for (const host of [left.host, "before the machine was started anew"]) {
      writeFileSync(owner, JSON.stringify({ ...left, host }));
      const taken = await takeFolder(first.path);
      expect(taken?.publisherName).toBe(first.publisherName);
      await taken?.release();
    }
  });

  it("of this machine before it was started anew is taken at once, unless it was signed since", async () => {
    const directory = scratch();
    const first = await leftFolder(directory);
    const file = join(first.path, "owner.json");
    const name = "0123456789abcdef0123456789abcdef";
    const machine = join(directory, "machine-id");
    writeFileSync(machine, `${name}\n`);
    const here = thisMachine(machine);
    expect(here).toBe(`${name} ${hostname()}`);
    expect(thisMachine(join(directory, "none"))).toBeUndefined();
    writeFileSync(file, JSON.stringify({ ...ownerOf(first.path), host: "before", machine: here }));
    expect(isFromBeforeRestart(ownerOf(first.path)!, first.path, here)).toBe(false);
    utimesSync(file, 1, 1);
    expect(isFromBeforeRestart(ownerOf(first.path)!, first.path, here)).toBe(true);
    expect(isFromBeforeRestart(ownerOf(first.path)!, first.path, `${name} another`)).toBe(false);
    expect(isFromBeforeRestart({ ...ownerOf(first.path)!, machine: undefined }, first.path, undefined)).toBe(
      false,
    );
    const own = thisMachine();
    if (own === undefined) return;
    writeFileSync(file, JSON.stringify({ ...ownerOf(first.path), machine: own }));
    utimesSync(file, 1, 1);
    const taken = await openFolder(directory);
    expect(taken.path).toBe(first.path);
    await taken.release();
  });

  it("is opened though a folder in it cannot be used, and those behind that one are drained", async () => {
    const directory = scratch();
    const bad = join(directory, "w-00000000");
    mkdirSync(join(bad, "owner.json"), { recursive: true });
    leaveEvents(bad);
    await expect(takeFolder(bad)).rejects.toThrow();
    const own = await openFolder(directory);
    expect(own.path).not.toBe(bad);
    const left = ["w-11111111", "w-22222222"].map((name) => join(directory, name));
    for (const folder of left) {
      mkdirSync(folder);
      leaveEvents(folder);
    }
    const drained: string[] = [];
    const failed: string[] = [];
    const orphans = new Orphans({
      directory,
      intervalMs: 10,
      drain: async (folder) => {
        drained.push(folder.path);
        await folder.release();
      },
      failed: (path) => failed.push(path),
    });
    orphans.start();
    await vi.waitUntil(() => drained.length >= 4, { timeout: 20_000, interval: 5 });
    await orphans.stop();
    expect(drained.slice(0, 4)).toEqual([...left, ...left]);
    expect(failed).toEqual([bad]);
    rmSync(join(bad, "owner.json"), { recursive: true });
    const taken = await takeFolder(bad);
    expect(taken?.path).toBe(bad);
    await taken?.release();
    await own.release();
  });

  it("says which destination a folder has that is not its own, and leaves it", async () => {
    const directory = scratch();
    const text = "amqp://broker:5672/ audit:{event_type}";
    const left = await openFolder(directory, { route: "audit", text });
    leaveEvents(left.path);
    const errors: unknown[] = [];
    const orphans = new Orphans({
      directory,
      destination: { route: "events", text: "" },
      intervalMs: 10,
      drain: (folder: OwnFolder) => folder.release().then(() => void errors.push("drained")),
      failed: (_, error) => errors.push(error),
    });
    orphans.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(errors).toEqual([]);
    await left.release();
    await vi.waitUntil(() => errors.length > 0, { timeout: 20_000, interval: 5 });
    await orphans.stop();
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining(`are for ${text}`) }),
    ]);
  });

  it("keeps a folder of another machine until its owner is silent", async () => {
    const directory = scratch();
    const first = await leftFolder(directory);
    const owner = join(first.path, "owner.json");
    writeFileSync(owner, JSON.stringify({ ...JSON.parse(readFileSync(owner, "utf8")), host: "another" }));
    const own = await openFolder(directory);
    expect(own.path).not.toBe(first.path);

    const drained: string[] = [];
    const orphans = new Orphans({
      directory,
      intervalMs: 10,
      silenceMs: 150,
      drain: async (folder: OwnFolder) => {
        drained.push(folder.path);
        rmSync(join(folder.path, "0000000000000001.v1.events"));
        await folder.release();
      },
      failed: (_, error) => {
        throw error;
      },
    });
    const startedAt = performance.now();
    orphans.start();
    await vi.waitUntil(() => drained.length > 0, { timeout: 20_000, interval: 5 });
    expect(performance.now() - startedAt).toBeGreaterThan(150);
    expect(drained).toEqual([first.path]);
    await orphans.stop();
    await own.release();
    expect(foldersIn(directory)).toEqual([]);
  });
});
