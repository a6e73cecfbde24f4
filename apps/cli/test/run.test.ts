import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { command } from "./support/shell.js";

async function said(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { code, stdout, stderr } = command(args, { env });
  return { code: await code, stdout: stdout.text, stderr: stderr.text };
}

describe("streamll", () => {
  it("--help names the commands, and each command's the options with default and variable", async () => {
    const { code, stdout, stderr } = await said(["--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const name of ["pipe", "listen", "tail", "explain"]) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
      const help = (await said([name, "-h"])).stdout;
      expect(help).toContain(`usage: streamll ${name}`);
      expect(help).toMatch(/--heartbeat SECONDS[^[]*\[default\s+10;\s+RABBITMQ_HEARTBEAT\]/);
      expect((await said(["help", name])).stdout).toBe(help);
      expect(Math.max(...help.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    }
    expect((await said(["consume", "--help"])).stdout).toContain("\nWhere to connect\n  --url URL");
    const pipe = (await said(["pipe", "--help"])).stdout;
    expect(pipe).toContain("--queue TEXT, --no-queue ");
    expect(pipe).toContain("129, 130, 143: ended by SIGHUP, Ctrl-C or SIGTERM");
  });

  it("--help of pipe tells the default that pipe has of its own", async () => {
    const buffered = async (name: string) =>
      /--max-buffered-events [^[]*\[default\s+(\d+)/.exec((await said([name, "--help"])).stdout)?.[1];
    expect(await buffered("pipe")).toBe("10000");
    expect(await buffered("explain")).toBe("100000");
  });

  it("--version is the package's", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(await said(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    expect((await said(["tail", "--version"])).stdout).toBe(`${version}\n`);
  });

  it("without a command shows the help and fails", async () => {
    const { code, stdout, stderr } = await said([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("usage: streamll COMMAND");
  });

  it("names the command and the option that were probably meant", async () => {
    for (const args of [["tal"], ["tial"], ["help", "tial"]])
      expect(await said(args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("did you mean tail?"),
      });
    expect(await said(["tail", "--paterns", "#"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/did you mean --pattern\?\nstreamll tail --help/),
    });
  });

  it("shows no URL that stands in a wrong place", async () => {
    for (const args of [
      ["amqp://u:s3cret@host"],
      ["pipe", "no-file", "amqp://u:s3cret@host"],
      ["tail", "--url", "amqp://host", "amqp://u:s3cret@host"],
      ["pipe", "--url", "amqp://u:s3cret@host:x"],
    ]) {
      const { code, stderr } = await said(args);
      expect(code).toBeGreaterThan(0);
      expect(stderr).not.toContain("s3cret");
    }
  });
});

describe("a wrong value of an option", () => {
  const commands = [
    ["pipe"],
    ["consume", "queue"],
    ["listen"],
    ["tail"],
    ["dlq", "list", "--dead-letter-exchange", "failed"],
    ["spool", "drain", tmpdir()],
    ["ui"],
    ["top"],
    ["doctor"],
    ["explain"],
  ];
  it.each(commands)("ends %s with 2, on the command line and in the environment", async (...args) => {
    const code = async (more: readonly string[], env = {}) => (await said([...args, ...more], env)).code;
    expect(await code(["--heartbeat", "soon"])).toBe(2);
    expect(await code([], { RABBITMQ_HEARTBEAT: "soon" })).toBe(2);
    expect(await code(["--url", "ampq://localhost/"])).toBe(2);
  });

  it.each(commands)("of %s is told by its variable, where it came from one", async (...args) => {
    const { stdout, stderr } = await said(args, { RABBITMQ_URL: "ampq://localhost/" });
    expect(stdout + stderr).toMatch(/RABBITMQ_URL:? unsupported scheme .*; did you mean amqp:\?/);
  });

  it.each(commands)("of %s is told of the URL in all its forms", async (...args) => {
    const url = "ampq://u:s3cret@localhost/";
    const [name, ...rest] = args;
    for (const given of [
      [...args, url],
      [name!, url, ...rest],
      [...args, "--url", url],
    ])
      expect(Object.values(await said(given)).join()).toMatch(
        /url:? unsupported scheme .*; did you mean amqp:\?/,
      );
    for (const given of [
      [...args, url, url],
      [...args, url, "--url", url],
    ])
      expect(await said(given)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^error: (one URL only|write the URL once)[^\n]*\nstreamll /),
      });
  });

  it("is not taken for another URL behind a switch", async () => {
    const { code, stderr } = await said(["tail", "memory:", "--ssl", "false"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--no-ssl")]);
  });
});

describe("streamll explain", () => {
  it("takes the URL as a word", async () => {
    expect(await said(["explain", "amqp://broker.example:1234/"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("broker.example:1234"),
    });
    expect(await said(["explain", "broker.example"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is the URL, such as amqp://localhost:5672/"),
    });
  });

  it("shows each option, where it came from, and no password", async () => {
    const { code, stdout } = await said(["explain", "--batch-size", "7"], {
      RABBITMQ_URL: "amqp://me:s3cret@host",
      RABBITMQ_EXCHANGE: "mine",
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/batchSize +7 +option/);
    expect(stdout).toMatch(/exchange +mine +RABBITMQ_EXCHANGE/);
    expect(stdout).toContain("amqp://me:***@host");
    expect(stdout).not.toContain("s3cret");
  });

  it("--json is a document", async () => {
    const { stdout } = await said(["explain", "--json", "--username", "a\u001b[31m"]);
    expect(stdout).not.toContain("\u001b");
    expect(JSON.parse(stdout).options.username).toEqual({ value: "a\u001b[31m", from: "option" });
  });

  it("tells every problem by its flag or variable", async () => {
    const args = ["explain", "--batch-size", "0", "--queue-priority", "300"];
    const { code, stderr } = await said(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/2 problems:\n.*--queue-priority: .*got 300\n.*--batch-size: .*got 0/);
    const json = await said([...args, "--json"]);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout).problems).toHaveLength(2);
    expect((await said(["explain"], { RABBITMQ_BATCH_SIZE: "x" })).stderr).toContain("RABBITMQ_BATCH_SIZE: ");
  });
});
