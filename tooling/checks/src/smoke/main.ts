// The errand that the environment holds. Without top-level await, which CommonJS does not have.
import { deliver } from "./deliver.js";

void deliver(JSON.parse(process.env.STREAMLL_SMOKE ?? "")).then(console.log);
