import { expect, it } from "vitest";
import { mostHeld } from "../../src/consuming/held.js";

it.each([
  { window: 200, roundTripMs: 0.5, most: 100 },
  { window: 200, roundTripMs: 2, most: 80 },
  { window: 10, roundTripMs: 0.1, most: 4 },
  { window: 1000, roundTripMs: 5, most: 500 },
])("a broker $roundTripMs ms away keeps enough of a window of $window to send", ({ most, ...given }) => {
  expect(mostHeld(given.window, given.roundTripMs)).toBe(most);
});

it.each([
  { window: 200, roundTripMs: 5 },
  { window: 10, roundTripMs: 1 },
])("a broker $roundTripMs ms away with a window of $window is told at once", (given) => {
  expect(mostHeld(given.window, given.roundTripMs)).toBeLessThan(0);
});
