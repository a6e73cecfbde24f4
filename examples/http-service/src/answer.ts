import { setTimeout } from "node:timers/promises";
import { instrument, trace } from "@streamll/core";

/** What the service does for a request; it takes its time. */
export const answer = instrument(async function answer(question: string): Promise<string> {
  console.log("answering");
  const documents = await trace("retrieve", () => setTimeout(500, ["Rabbits dig warrens."]));
  return `${question} ${documents[0]}`;
});
