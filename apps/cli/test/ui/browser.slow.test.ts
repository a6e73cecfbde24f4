import { randomUUID } from "node:crypto";
import {
  brokersForTests,
  closeConnection,
  connectionsOf,
  needProgram,
  type OpenChannel,
  openChannel,
} from "@streamll/brokers";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { command } from "../support/shell.js";

const [broker] = brokersForTests().slice(-1);
const waiting = { timeout: 60_000, interval: 100 };
const CALLS = 30_000;

describe(`the page of streamll ui, in Chromium, on RabbitMQ ${broker!.version}`, () => {
  let browser: Browser;
  let channel: OpenChannel;
  let exchange: string;
  let name: string;

  beforeAll(async () => {
    await needProgram("chromium");
    // Chromium's own sandbox does not run as root.
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
    channel = await openChannel(broker!.url);
  });
  afterAll(async () => {
    await browser?.close();
    await channel?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    exchange = `ui-${randomUUID()}`;
    name = `streamll ui ${exchange}`;
    await channel.assertExchange(exchange, "topic", { durable: true });
    onTestFinished(async () => void (await channel.deleteExchange(exchange)));
  });

  const publish = (event: object) =>
    channel.publish(
      exchange,
      "streamll.x.y",
      Buffer.from(JSON.stringify({ execution_id: "run-1", ...event })),
    );

  /** The page, on which nothing may go wrong: also no violation of its policy. */
  async function opened(
    ...flags: readonly string[]
  ): Promise<{ page: Page; run: ReturnType<typeof command> }> {
    const own = ["--exchange", exchange, "--connection-name", name, ...flags];
    const run = command(["ui", broker!.url, "--management-url", broker!.managementUrl, ...own]);
    await vi.waitFor(() => expect(run.stdout.text).toMatch(/^http/), waiting);
    const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    const wrong: string[] = [];
    page.on("pageerror", ({ message }) => wrong.push(message));
    page.on("console", (message) => void (message.type() === "error" && wrong.push(message.text())));
    await page.goto(run.stdout.text.trim());
    await page.getByRole("status").filter({ hasText: "live" }).waitFor();
    onTestFinished(async () => {
      await page.close();
      run.interrupt();
      expect(await run.code).toBe(130);
      // The page tries again to reach a command that has ended.
      expect(wrong.filter((text) => !/ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED)/.test(text))).toEqual([]);
    });
    return { page, run };
  }

  it("shows an execution as it happens: its calls, its tokens, its error; and takes no event from others", async () => {
    const { queue } = await channel.assertQueue("", { exclusive: true });
    await channel.bindQueue(queue, exchange, "#");
    const { page } = await opened();
    publish({
      event_id: "root",
      event_type: "start",
      module_name: "RAG",
      operation: "answer",
      data: { inputs: ["why"] },
    });
    publish({ event_id: "model", event_type: "llm_start", module_name: "LM", parent_id: "root" });
    await page.getByText("RAG.forward / answer").first().click();
    await page.locator(".line.model.open").click();
    for (const token of ["streams ", "of ", "words"]) {
      publish({ event_type: "token", parent_id: "model", data: { token, token_count: 1 } });
      await page.locator("pre.tokens").filter({ hasText: token.trim() }).waitFor();
    }
    publish({
      event_type: "error",
      parent_id: "model",
      module_name: "LM",
      data: { error_message: "slow down", duration_ms: 70 },
    });
    await page.locator("pre.error").filter({ hasText: "slow down" }).waitFor();
    await page.locator(".row.execution.error").waitFor();
    await page.getByRole("button", { name: "latency" }).click();
    await page.getByRole("cell", { name: "LM.forward" }).waitFor();
    await page.getByRole("button", { name: "broker" }).click();
    await page.getByText("no sink is connected").waitFor();
    await page.getByRole("button", { name: "open" }).click();
    await page.locator(".row.execution").waitFor();
    await page.getByRole("searchbox").fill("nothing is named so");
    await page.getByText("No execution matches the filter.").waitFor();
    expect((await channel.checkQueue(queue)).messageCount).toBe(6);
  });

  it("shows hostile names and values as the text that they are", async () => {
    const { page } = await opened();
    const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    const event = {
      execution_id: hostile,
      module_name: hostile,
      method_name: hostile,
      operation: hostile,
      tags: { [hostile]: hostile },
    };
    publish({
      ...event,
      event_id: hostile,
      event_type: "start",
      data: { [hostile]: hostile, inputs: hostile },
    });
    publish({ ...event, parent_id: hostile, event_type: "error", data: { error_message: hostile } });
    await page.locator(".row.execution").click();
    await page.locator("pre.error").filter({ hasText: "<img src=x" }).waitFor();
    expect(await page.title()).toBe("streamll ui");
    expect(await page.locator("img, main script").count()).toBe(0);
  });

  it("scrolls through 30,000 calls of one execution, of which few stand in the page, by keys too", async () => {
    const { page } = await opened();
    publish({ event_id: "root", event_type: "start", module_name: "Agent" });
    for (let i = 1; i < CALLS; i++) {
      const timestamp = new Date(Date.UTC(2026, 0, 1) + i).toISOString();
      publish({
        event_id: `c${i}`,
        parent_id: "root",
        event_type: "start",
        module_name: "Step",
        operation: `n${i}`,
        timestamp,
      });
    }
    await page.locator(".row.execution").click();
    await page.getByText("30,000 calls").waitFor({ timeout: 60_000 });
    await page.locator(".tree .scroller").press("End");
    await page
      .getByText(`Step.forward / n${CALLS - 1}`, { exact: true })
      .first()
      .waitFor();
    expect(await page.locator(".row.line").count()).toBeLessThan(120);
    await page.locator(".tree .scroller").press("Home");
    await page.locator(".row.line").filter({ hasText: "Agent.forward" }).waitFor();
    await page.locator(".tree .scroller").press("ArrowLeft");
    await vi.waitFor(async () => expect(await page.locator(".row.line").count()).toBe(1), waiting);
  });

  it("lists dead letters and replays what is chosen of them, by keys alone, dark and narrow too", async () => {
    const dead = `${exchange}.dead`;
    const { queue } = await channel.assertQueue("", { exclusive: true });
    await channel.assertQueue(`${dead}.failed`, { durable: true });
    onTestFinished(async () => void (await channel.deleteQueue(`${dead}.failed`)));
    const hostile = `<img src=x onerror="document.title='owned'">`;
    for (let n = 0; n < 30; n++)
      channel.sendToQueue(`${dead}.failed`, Buffer.from(JSON.stringify({ event_type: "end", data: { n } })), {
        messageId: `id-${n}`,
        headers: {
          ...{ streamll_failure: n < 20 ? "NO_PRICE" : hostile, streamll_failure_message: hostile },
          ...{ streamll_exchange: "", streamll_routing_key: n === 29 ? "gone" : queue },
        },
      });
    const { page } = await opened("--dead-letter-exchange", dead, "--allow-replay");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 390, height: 780 });
    await page.getByRole("button", { name: /^dead letters/ }).press("Enter");
    await page.getByRole("button", { name: "look" }).press("Enter");
    await page.getByText("30 dead letters, scanned 30 of 30").waitFor();
    const rows = page.locator(".letter[role=option]");
    await page.getByRole("combobox", { name: "code" }).selectOption("NO_PRICE");
    await vi.waitFor(async () => expect(await rows.count()).toBe(20), waiting);
    const press = async (button: string, focused: string) => {
      const pressed = page.getByRole("button", { name: button });
      // While the page knows of something that goes on, it takes no key.
      await vi.waitFor(async () => expect(await pressed.isEnabled()).toBe(true), waiting);
      await pressed.press("Enter");
      await inFocus(focused);
    };
    const inFocus = (button: string) =>
      vi.waitFor(
        async () => expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe(button),
        waiting,
      );
    await press("replay 20…", "replay");
    await page.keyboard.press("Escape");
    await inFocus("look again");
    await press("replay 20…", "replay");
    await page.keyboard.press("Enter");
    await page.getByText("20 dead letters replayed").waitFor();
    await page.getByText("10 dead letters, scanned 10 of 10").waitFor();
    expect((await channel.checkQueue(queue)).messageCount).toBe(20);

    await page.locator(".letters .scroller").press("End");
    await page.locator(".letters .scroller").press("Enter");
    await inFocus("show its data");
    await page.keyboard.press("Enter");
    await page.locator("pre").filter({ hasText: '"n": 29' }).waitFor();
    await press("replay this one…", "replay");
    await page.keyboard.press("Enter");
    await page.getByText("1 not replayed: TRANSPORT_UNROUTABLE").waitFor();
    await page.getByText("10 dead letters, scanned 10 of 10").waitFor();
    expect(await page.title()).toBe("streamll ui");
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
  });

  it("says what it waits for while there is no exchange, and what to do once there is one", async () => {
    await channel.deleteExchange(exchange);
    const own = ["--exchange", exchange, "--connection-name", name];
    const run = command(["ui", broker!.url, ...own]);
    await vi.waitFor(() => expect(run.stdout.text).toMatch(/^http/), waiting);
    const page = await browser.newPage();
    await page.goto(run.stdout.text.trim());
    await page.getByText(`There is no exchange ${exchange} yet`).waitFor();
    await channel.assertExchange(exchange, "topic", { durable: true });
    await page.getByText("Nothing has arrived yet").waitFor();
    publish({ event_type: "start", module_name: "RAG" });
    await page.locator(".row.execution").waitFor();
    await page.close();
    run.interrupt();
    expect(await run.code).toBe(130);
  });

  it("marks the gap of a lost connection, goes on, and leaves nothing on the broker", async () => {
    const { page, run } = await opened();
    publish({ event_type: "start", execution_id: "before", event_id: "1" });
    await page.locator(".row.execution").waitFor();
    const own = async () => {
      const [found] = (await connectionsOf(broker!)).filter(
        (one) => one.client_properties.connection_name === name,
      );
      expect(found).toBeDefined();
      return found!;
    };
    const before = await vi.waitFor(own, waiting);
    for (const connection of (await connectionsOf(broker!)).filter(
      (one) => one.client_properties.connection_name === name,
    ))
      await closeConnection(broker!, connection, "a test");
    await page.locator(".gaps").waitFor();
    await page
      .getByRole("status")
      .filter({ hasText: /^live$/ })
      .waitFor();
    publish({ event_type: "start", execution_id: "after", event_id: "2" });
    await vi.waitFor(async () => expect(await page.locator(".row.execution").count()).toBe(2), waiting);
    expect(await page.locator(".row.execution.gap").count()).toBe(1);
    run.interrupt();
    await page.getByText("the command has ended").waitFor();
    await vi.waitFor(async () => {
      const left = (await connectionsOf(broker!)).filter(
        (one) => one.client_properties.connection_name === name,
      );
      expect(left).toEqual([]);
    }, waiting);
    expect(before.client_properties.connection_name).toBe(name);
    const bindings = await broker!.manage("GET", `exchanges/%2F/${exchange}/bindings/source`);
    expect(bindings).toEqual([]);
  });
});
