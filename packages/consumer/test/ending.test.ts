import { spawn } from "node:child_process";
import { built } from "@streamll/programs";
import { expect, it, onTestFinished } from "vitest";

it("a consumer keeps its process until a signal, finishes what it has, and gives back the rest", async () => {
  const service = spawn(process.execPath, [built(new URL("programs/service.ts", import.meta.url))]);
  onTestFinished(() => void service.kill("SIGKILL"));
  let output = "";
  service.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (text.includes("began 1")) service.kill("SIGTERM");
  });
  const signal = await new Promise((resolve) => service.on("close", (_code, signal) => resolve(signal)));
  expect(output.trim().split("\n")).toEqual(["began 1", "done 1", "handled 1, gave back 1"]);
  expect(signal).toBe("SIGTERM");
});
