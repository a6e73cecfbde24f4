import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { credentialsBy } from "../src/command/password-command.js";
import { Spawned } from "./support/spawned.js";

const print = (text: string) => credentialsBy(`printf '%s\\n' '${text}'`)();
const inSeconds = (from: number, expiresAt: Date | undefined) => (expiresAt!.getTime() - from) / 1000;
const jwt = (claims: object) =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2lnbmF0dXJl`;

describe("the command of --credentials", () => {
  it("prints a password, which is taken as it stands", async () => {
    expect(await print(" pass word ")).toEqual({ password: " pass word " });
    expect(await print("a.b.c")).toEqual({ password: "a.b.c" });
    const key = '{"type":"service_account","private_key":"k"}';
    expect(await print(key)).toEqual({ password: key });
  });

  it("prints the answer of a token service", async () => {
    const now = Date.now();
    const { password, expiresAt } = await print(
      '{"access_token":"t","token_type":"bearer","expires_in":600}',
    );
    expect(password).toBe("t");
    expect(Math.round(inSeconds(now, expiresAt) / 60)).toBe(10);
  });

  it.each(["null", '""', "0", "-1", '"soon"', "true", "[600]"])(
    "an expires_in of %s tells no time",
    async (seconds) => {
      expect(await print(`{"access_token":"t","expires_in":${seconds}}`)).toEqual({ password: "t" });
      const token = jwt({ exp: 1_900_000_000 });
      const { expiresAt } = await print(`{"access_token":"${token}","expires_in":${seconds}}`);
      expect(expiresAt).toEqual(new Date(1_900_000_000_000));
    },
  );

  it("an expires_in may be text, and an expiresAt null", async () => {
    const now = Date.now();
    const { expiresAt } = await print('{"access_token":"t","expires_in":"600"}');
    expect(Math.round(inSeconds(now, expiresAt) / 60)).toBe(10);
    expect(await print('{"password":"pw","expiresAt":null}')).toEqual({ password: "pw" });
  });

  it("prints a token that says itself when it expires", async () => {
    const token = jwt({ exp: 1_900_000_000 });
    const expected = { password: token, expiresAt: new Date(1_900_000_000_000) };
    expect(await print(token)).toEqual(expected);
    expect(await print(`{"access_token":"${token}"}`)).toEqual(expected);
  });

  it("prints user, password and time as credentials() gives them", async () => {
    const text = '{"username":"anna","password":"pw","expiresAt":"2030-01-01T00:00:00Z"}';
    expect(await print(text)).toEqual({
      username: "anna",
      password: "pw",
      expiresAt: new Date("2030-01-01T00:00:00Z"),
    });
  });

  it.each([
    ["echo hunter2; exit 3", "has ended with 3"],
    ["echo hunter2; kill -9 $$", "has ended with SIGKILL"],
    ["true", "gave nothing"],
    ["yes hunter2", "gave more than 1 MiB, and is to print a password alone"],
    [
      `echo '{"error":"invalid_client","error_description":"hunter2"}'`,
      "gave no token, but the error invalid_client",
    ],
    [`echo '{"error":{"code":"hunter2"}}'`, "gave no token"],
    [
      `echo '{"password":"hunter2","expiresAt":1900000000}'`,
      "gave an expiresAt that is no text, such as 2030-01-31T12:00:00Z",
    ],
    ...["{}", '{"accessToken":"hunter2"}', '{"password":2,"token":"hunter2"}'].map((text) => [
      `echo '${text}'`,
      "gave JSON that has neither a password nor an access_token as text",
    ]),
  ])("%s is an error that shows nothing of the output", async (command, message) => {
    const error = await Promise.resolve(credentialsBy(command)()).catch((reason) => reason);
    expect(error).toMatchObject({
      kind: "auth",
      permanent: false,
      message: `the command of --credentials ${message}`,
    });
  });

  it("that cannot be run is an error that shows nothing of it", async () => {
    await expect(credentialsBy(`true ${"hunter2".repeat(500_000)}`)()).rejects.toMatchObject({
      ...{ kind: "auth", message: "the command of --credentials cannot be run (E2BIG)" },
    });
  });

  it("is run once for those who ask at the same time, and again for the next", async () => {
    const folder = await mkdtemp(join(tmpdir(), "streamll-password-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const provider = credentialsBy(`echo >> "${join(folder, "runs")}"; echo pw`);
    const runs = async () => (await readFile(join(folder, "runs"), "utf8")).length;
    expect(await Promise.all([provider(), provider()])).toEqual([{ password: "pw" }, { password: "pw" }]);
    expect(await runs()).toBe(1);
    await provider();
    expect(await runs()).toBe(2);
  });

  it("that takes too long is ended with all that it has begun", async () => {
    const { command, gone } = await hanging();
    await expect(credentialsBy(command, 300)()).rejects.toThrow("has not ended within 0.3 s");
    await gone;
  });

  it("ends with the command line, at Ctrl-C too", async () => {
    const { command, begun, gone } = await hanging();
    const tail = new Spawned(["tail", "amqp://127.0.0.1:1/", "--exchange", "x", "--credentials", command]);
    await begun;
    tail.process.kill("SIGINT");
    expect(await tail.ended).toBe(130);
    await gone;
  }, 60_000);
});

/** A command that hangs with another one in its background: `gone` once neither is there. */
async function hanging() {
  const folder = await mkdtemp(join(tmpdir(), "streamll-password-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const held = createReadStream(pipe).resume();
  return {
    command: `exec 3> "${pipe}"; echo >&3; sleep 300 & sleep 300`,
    begun: once(held, "data"),
    gone: once(held, "end"),
  };
}
