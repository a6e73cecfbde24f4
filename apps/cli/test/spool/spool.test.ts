import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { whyNot } from "../../src/spool/owners.js";
import { eventsOf, type ReadFile, readingOf } from "../../src/spool/read.js";
import { problemOf } from "../../src/spool/verify.js";
import { bodiesIn, command } from "../support/shell.js";
import { ESCAPE, killed, running, scratch } from "./left.js";

const numbers = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { data: { n: number } }).data.n);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Changes a byte in the middle of the first file of events. */
function damage(directory: string): void {
  const folder = join(directory, readdirSync(directory)[0]!);
  const name = readdirSync(folder).find((one) => one.endsWith(".events"))!;
  const bytes = readFileSync(join(folder, name));
  bytes[bytes.length >> 1]! ^= 0xff;
  writeFileSync(join(folder, name), bytes);
}

describe("streamll spool", () => {
  it("shows whose each folder is and what lies in it, and lets no value steer the terminal", async () => {
    const directory = scratch();
    await killed(directory, 300);
    const { pid } = await running(directory, 20, 300);
    const owner = join(directory, readdirSync(directory)[0]!, "owner.json");
    const said = JSON.parse(readFileSync(owner, "utf8"));
    expect(said.destination.text).toMatch(/^amqp:\/\/127\.0\.0\.1:1\/ streamll_events:/);
    writeFileSync(
      owner,
      JSON.stringify({
        ...said,
        destination: { ...said.destination, text: `${ESCAPE} ${said.destination.text}` },
      }),
    );
    const { code, stdout, stderr } = command(["spool", directory]);
    expect(await code).toBe(0);
    expect(stdout.text).toMatch(/^FOLDER +OWNER +EVENTS +BYTES +OLDEST +NEWEST +DAMAGE +SENT TO\n/);
    // The program took over what the killed one had left.
    expect(stdout.text).toMatch(new RegExp(`w-[0-9a-f]{8} +runs \\(process ${pid}\\) +320 +[\\d.]+ kB .*– `));
    expect(stdout.text).toContain("\\u001b[31m amqp://127.0.0.1:1/ streamll_events:");
    expect(stdout.text).not.toContain("secret");
    expect(stdout.text + stderr.text).not.toContain("\u001b");
    expect(stderr.text).toMatch(/^1 folder, 320 events, [\d.]+ kB\n$/);
  });

  it("tells programs where a killed one has left events", async () => {
    const directory = scratch();
    const before = Date.now();
    await killed(directory, 30);
    const { code, stdout } = command(["spool", "look", directory, "--json", "--quiet"]);
    expect(await code).toBe(0);
    const { folders } = JSON.parse(stdout.text);
    expect(folders).toHaveLength(1);
    expect(folders[0]).toMatchObject({ events: 30, owner: { state: "ended" }, damagedFiles: 0, cutBytes: 0 });
    expect(Date.parse(folders[0].oldest)).toBeGreaterThanOrEqual(before);
    expect(folders[0].path).toBe(join(directory, readdirSync(directory)[0]!));
  });

  it("verify reads all, and says by its exit code that something cannot be read", async () => {
    const directory = scratch();
    await killed(directory, 2000);
    const whole = command(["spool", "verify", directory]);
    expect(await whole.code).toBe(0);
    expect(whole.stderr.text).toMatch(/^2,000 events can be read, 0 cannot \(1 file, [\d.]+ kB\)\n$/);
    damage(directory);
    const { code, stdout, stderr } = command(["spool", "verify", directory, "--json"]);
    expect(await code).toBe(4);
    const { readable, unreadable } = JSON.parse(stdout.text);
    expect(unreadable).toBeGreaterThan(0);
    expect(readable + unreadable).toBe(2000);
    expect(stderr.text).toMatch(/^error: file \d+ of w-[0-9a-f]{8}: \d+ events cannot be read\n/);
  });

  it("export writes what pipe reads, and takes nothing away", async () => {
    const directory = scratch();
    await killed(directory, 500);
    const file = join(directory, "events.ndjson");
    const plain = command(["spool", "export", directory, file]);
    expect(await plain.code).toBe(0);
    expect(numbers(readFileSync(file, "utf8"))).toEqual(upTo(500));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = command(["spool", "export", directory, file]);
    expect(await again.code).toBe(2);
    expect(again.stderr.text).toMatch(/is there already: name another file/);
    const packed = command(["spool", "export", directory, `${file}.gz`]);
    expect(await packed.code).toBe(0);
    expect(gunzipSync(readFileSync(`${file}.gz`)).toString()).toBe(readFileSync(file, "utf8"));
    const shown = command(["spool", "export", directory, "-"]);
    expect(await shown.code).toBe(0);
    expect(shown.stdout.text).toBe(readFileSync(file, "utf8"));
    expect(shown.stdout.text).not.toContain("\u001b");
    expect(JSON.parse(shown.stdout.text.split("\n")[0]!).data.text).toBe(ESCAPE);
    expect(shown.stderr.text).toBe("500 events exported\n");
    const piped = command(["pipe", file]);
    expect(await piped.code).toBe(0);
    expect(bodiesIn(piped.broker)).toHaveLength(500);
    const left = command(["spool", directory, "--json"]);
    await left.code;
    expect(JSON.parse(left.stdout.text).folders[0].events).toBe(500);
  });

  it("export says what it could not read", async () => {
    const directory = scratch();
    await killed(directory, 2000);
    damage(directory);
    const { code, stdout, stderr } = command(["spool", "export", directory, "-"]);
    expect(await code).toBe(4);
    expect(stderr.text).toMatch(/events cannot be read\n/);
    expect(numbers(stdout.text).length).toBeLessThan(2000);
  });

  it("drain delivers in order what was left, and nothing of a program that runs", async () => {
    const directory = scratch();
    await running(directory, 10, 1000);
    await killed(directory, 700);
    const { code, stdout, stderr, broker } = command(["spool", "drain", directory, "--json"]);
    expect(await code).toBe(4);
    expect(bodiesIn(broker).map(({ data }) => (data as { n: number }).n)).toEqual(upTo(700));
    expect(JSON.parse(stdout.text)).toMatchObject({ delivered: 700, failed: 0, left: 0, leftOut: [{}] });
    expect(stderr.text).toMatch(
      /^warning: w-[0-9a-f]{8} is left out: its program, process \d+, runs and delivers its events itself\n700 events delivered, 1 folder left out in /,
    );
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it("drain leaves what is for another exchange, unless that folder and the exchange are named", async () => {
    const directory = scratch();
    await killed(directory, 20, 0, "orders");
    const folder = join(directory, readdirSync(directory)[0]!);
    const owner = JSON.parse(readFileSync(join(folder, "owner.json"), "utf8"));
    for (const args of [[directory], [directory, "--exchange", "others"], [folder]]) {
      const { code, stdout, stderr } = command(["spool", "drain", ...args, "--json"]);
      expect(await code).toBe(4);
      expect(JSON.parse(stdout.text)).toMatchObject({ delivered: 0, leftOut: [{}] });
      expect(stderr.text).toMatch(
        /its events are for amqp:\/\/127\.0\.0\.1:1\/ orders:.*: give the options of the sink that wrote them; to send them elsewhere, name/,
      );
    }
    const down = command([
      "spool",
      "drain",
      directory,
      "--exchange",
      "orders",
      "--url",
      "amqp://127.0.0.1:1/",
    ]);
    expect(await down.code).toBe(1);
    const { destination } = JSON.parse(readFileSync(join(folder, "owner.json"), "utf8"));
    expect(destination).toEqual(owner.destination);
    const named = command(["spool", "drain", folder, "--exchange", "others", "--queue", "others"]);
    expect(await named.code).toBe(0);
    expect(bodiesIn(named.broker, "others")).toHaveLength(20);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("a folder that was taken while others were drained is left to its owner", async () => {
    const directory = scratch();
    await killed(directory, 5);
    const folder = join(directory, readdirSync(directory)[0]!);
    const path = join(folder, "owner.json");
    const owner = { ...JSON.parse(readFileSync(path, "utf8")), host: "another" };
    writeFileSync(path, JSON.stringify(owner));
    const anHourAgo = new Date(Date.now() - 3_600_000);
    utimesSync(path, anHourAgo, anHourAgo);
    // A file system does not keep milliseconds to the last digit.
    const seen = { state: "elsewhere", pid: owner.pid, signedAt: statSync(path).mtimeMs } as const;
    expect(await whyNot(folder, seen)).toBeUndefined();
    writeFileSync(path, JSON.stringify(owner));
    expect(await whyNot(folder, seen)).toMatch(/another machine has signed it/);
  });

  it("reads the other folders where one is gone, or cannot be read", async () => {
    const directory = scratch();
    const seen: ReadFile[] = [];
    await killed(directory, 30);
    const folder = join(directory, readdirSync(directory)[0]!);
    const file = join(directory, "no-folder");
    writeFileSync(file, "");
    const reading = readingOf([join(directory, "w-gone"), file, folder]);
    let events = 0;
    for await (const some of eventsOf(reading, new AbortController().signal, (read) => seen.push(read)))
      events += some.length;
    expect(events).toBe(30);
    expect(seen).toMatchObject([
      { folder: file, error: "ENOTDIR" },
      { folder, readable: 30 },
    ]);
    expect(problemOf(seen[0]!)).toBe("no-folder cannot be read (ENOTDIR)");
  });

  it.each(["look", "verify", "drain"])("%s says that a directory has no folder of a sink", async (action) => {
    const directory = scratch();
    const { code, stderr } = command(["spool", action, directory]);
    expect(await code).toBe(0);
    expect(stderr.text).toContain(`${directory} has no folder of a sink (w-…): there are no events in it\n`);
  });

  it("drain leaves everything on disk where no broker is there", async () => {
    const directory = scratch();
    await killed(directory, 50);
    const { code, stderr } = command(["spool", "drain", directory, "--url", "amqp://127.0.0.1:1/"]);
    expect(await code).toBe(1);
    expect(stderr.text).toMatch(/127\.0\.0\.1:1.*\(--wait-for-broker keeps trying\)\n/);
    const left = command(["spool", directory, "--json"]);
    await left.code;
    expect(JSON.parse(left.stdout.text).folders).toMatchObject([{ events: 50, owner: { state: "ended" } }]);
  });

  it.each([
    [[], 2, /spool look takes a directory\n/],
    [["export", "x"], 2, /takes a directory and a file; - is stdout\n/],
    [["drian", "."], 2, /spool takes one of look, verify, drain, export; did you mean drain\?\n/],
    [["verify", ".", "."], 2, /spool verify takes one directory\n/],
    [["drain", "amqp://u:secret@h/"], 2, /spool drain takes a directory\n/],
    [[`/nowhere${ESCAPE}`], 2, /nowhere\\u001b\[31m does not exist\n/],
    [["drain", "/nowhere"], 2, /\/nowhere does not exist\n/],
    [["/dev/null"], 2, /\/dev\/null is no directory\n/],
  ])("%j is an error that says what to write", async (args, expected, message) => {
    const { code, stderr } = command(["spool", ...args]);
    expect(await code).toBe(expected);
    expect(stderr.text).toMatch(message);
    expect(stderr.text).not.toContain("\u001b");
    expect(stderr.text).not.toContain("secret");
  });
});
