import type { StreamllEvent } from "@streamll/core";
import type { Page } from "playwright-core";
import { executionsUntil, longExecution } from "./scene.js";

export interface Picture {
  readonly name: string;
  /** It stands in the documentation. */
  readonly isDocumented?: true;
  readonly scheme?: "dark";
  readonly size?: { readonly width: number; readonly height: number };
  events(): StreamllEvent[];
  arrange(page: Page): Promise<void>;
}

const usual = () => executionsUntil(Date.now(), 60);
const narrow = { width: 390, height: 780 };

/** The first execution that failed, and of it the call that did. */
async function failedCall(page: Page): Promise<void> {
  await page.locator(".row.execution.error").first().click();
  await page.locator(".line.model.error").click();
  await page.locator("pre.error").first().waitFor();
  await page.locator(".figures").filter({ hasText: "readers" }).waitFor();
}

async function letters(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^dead letters/ }).click();
  await page.getByRole("button", { name: "look", exact: true }).click();
  await page.getByLabel("type").selectOption("llm_end");
  const row = page.locator(".letter[role=option]").filter({ hasText: "NO_PRICE" }).first();
  await row.click();
  await page.getByRole("button", { name: "show its data" }).click();
  await page.getByText("headers").waitFor();
  await page.getByText("scanned 41 of 41").waitFor();
}

async function longest(page: Page): Promise<void> {
  await page.locator(".row.execution").first().click();
  await page.getByText("30,000 calls").waitFor({ timeout: 60_000 });
  await page.locator(".tree .scroller").press("PageDown");
}

const openTab = (name: string) => async (page: Page) => {
  await page.getByRole("button", { name, exact: true }).click();
  await page.locator("td").first().waitFor();
};

export const pictures: readonly Picture[] = [
  { name: "ui", isDocumented: true, events: usual, arrange: failedCall },
  { name: "ui-dark", scheme: "dark", events: usual, arrange: failedCall },
  { name: "ui-narrow", size: narrow, events: usual, arrange: async () => {} },
  { name: "ui-narrow-call", size: narrow, events: usual, arrange: failedCall },
  { name: "ui-30000-calls", events: () => longExecution(Date.now(), 30_000), arrange: longest },
  { name: "ui-dead-letters", isDocumented: true, events: usual, arrange: letters },
  { name: "ui-dead-letters-dark", scheme: "dark", events: usual, arrange: letters },
  {
    name: "ui-dead-letters-asked",
    events: usual,
    async arrange(page) {
      await letters(page);
      await page.getByRole("button", { name: /^replay 35/ }).click();
    },
  },
  {
    name: "ui-dead-letters-replayed",
    events: usual,
    async arrange(page) {
      await letters(page);
      await page.getByRole("button", { name: /^replay 35/ }).click();
      await page.getByRole("button", { name: "replay", exact: true }).click();
      await page.locator(".outcome").waitFor();
    },
  },
  { name: "ui-dead-letters-narrow", size: narrow, events: usual, arrange: letters },
  { name: "ui-latency", events: usual, arrange: openTab("latency") },
  { name: "ui-broker", events: usual, arrange: openTab("broker") },
];
