import { brokers } from "../support/live.js";
import { testReading } from "./reading.js";
import { testSending } from "./sending.js";

const newest = brokers.at(-1)!;
await testSending(newest);
await testReading(newest);
