import { brokersForTests } from "@streamll/brokers";
import { testFastRows } from "./support/fast-rows.js";

testFastRows(brokersForTests().slice(0, 1));
