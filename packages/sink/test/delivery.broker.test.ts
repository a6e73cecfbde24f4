import { testDelivery } from "./support/delivery.js";

testDelivery(20_000);
