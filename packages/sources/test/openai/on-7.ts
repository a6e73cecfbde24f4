import OpenAI from "openai";
import { recordOpenAI } from "../../src/openai/index.js";
import { runTwice } from "../run-twice.js";
import { runs } from "./scene.js";

// The types are those of version 6, but it runs on 7: see newer-node.ts.
let record = <T extends object>(client: T): T => client;
const all = Object.entries(runs).map(([name, run]) => [
  name,
  () => run({ OpenAI, record: (client) => record(client) }),
]);
const results = await runTwice(Object.fromEntries(all), () => {
  record = recordOpenAI;
});
console.log(JSON.stringify(results));
