import { describe, expect, it } from "vitest";
import { credentialsBy } from "../src/command/password-command.js";

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
});
