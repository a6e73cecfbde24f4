import { it } from "vitest";
import { brokers } from "../support/live.js";
import { testReading } from "./reading.js";
import { testSending } from "./sending.js";

const older = brokers.slice(0, -1);
for (const broker of older) {
  await testSending(broker);
  await testReading(broker);
}
if (older.length === 0) it.skip("only one broker was named, and it is the newest");
