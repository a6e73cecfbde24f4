import { notLoaded } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";

const name = "@streamll/transport-amqp091";
const why = (message: string) => notLoaded(name, "the transport amqp091", new Error(message));

describe("a package that was not imported", () => {
  it.each([
    ["Node", `Cannot find package '${name}' imported from /app/node_modules/@streamll/sink/dist/index.js`],
    [
      "require()",
      `Cannot find module '${name}'\nRequire stack:\n- /app/node_modules/@streamll/sink/dist/index.cjs`,
    ],
    ["Jest", `Cannot find module '${name}' from 'node_modules/@streamll/sink/dist/index.cjs'`],
    ["Bun", `Cannot find module '${name}' from '/app/node_modules/@streamll/sink/dist/index.js'`],
    ["webpack", `Cannot find module '${name}'`],
    ["Vite", `Could not resolve "${name}" imported by "@streamll/sink". Is it installed?`],
  ])("is told to be missing, with the command that installs it, in the words of %s", (_, message) => {
    expect(why(message)).toMatchObject({
      code: "TRANSPORT_NOT_INSTALLED",
      packageName: name,
      message: expect.stringContaining(`npm install ${name}`),
    });
  });

  it.each([
    ["Node", `Cannot find package 'amqplib' imported from /app/node_modules/${name}/dist/index.js`],
    ["require()", `Cannot find module 'amqplib'\nRequire stack:\n- /app/node_modules/${name}/dist/index.cjs`],
    ["Vite", `Could not resolve "amqplib" imported by "${name}". Is it installed?`],
  ])("is told to be broken where what it needs is missing, in the words of %s", (_, message) => {
    expect(why(message)).toMatchObject({
      code: "TRANSPORT_PROTOCOL",
      permanent: true,
      message: `${name} cannot be loaded: ${message.split("\n", 1)[0]}`,
    });
  });

  it("gives the line that helps where esbuild put CommonJS into an ES module", () => {
    expect(why('Dynamic require of "net" is not supported').message).toContain(
      "Give esbuild --banner:js=\"import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\"",
    );
  });

  it("is told of whatever was thrown", () => {
    expect(notLoaded(name, "", undefined).message).toBe(`${name} cannot be loaded: undefined`);
    expect(notLoaded(name, "", Object.create(null)).message).toContain("something unreadable was thrown");
  });
});
