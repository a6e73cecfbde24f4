import { brokersForTests } from "@streamll/brokers";
import { testFastRows } from "./support/fast-rows.js";

// Beside the other file, each on brokers of its own.
testFastRows(brokersForTests().slice(-1));
