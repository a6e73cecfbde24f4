// Fetches what the brokers of the tests are made of, before tests whose time somebody counts.
import { fetchBrokers } from "./start.js";

// A named broker is there.
if (!process.env.STREAMLL_TEST_AMQP_URL)
  await fetchBrokers().catch((error: Error) => {
    console.error(`brokers: ${error.message}`);
    process.exitCode = 1;
  });
