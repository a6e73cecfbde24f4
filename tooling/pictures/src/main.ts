// Draws `streamll ui` with Chromium, on a broker of its own.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { needProgram, startBroker } from "@streamll/brokers";
import { chromium } from "playwright-core";
import { fill } from "./fill.js";
import { openUi } from "./open-ui.js";
import { pictures } from "./pictures.js";

const { values } = parseArgs({ options: { to: { type: "string" } } });
/** Without `--to`, those of the documentation alone. */
const folder = values.to ?? fileURLToPath(new URL("../../../docs/images", import.meta.url));

await needProgram("chromium");
await mkdir(folder, { recursive: true });
const broker = await startBroker({});
// Chromium's own sandbox does not run as root.
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  for (const picture of pictures) {
    if (values.to === undefined && !picture.isDocumented) continue;
    await using ui = await openUi(broker);
    const reader = await fill(broker, picture.events(), ui);
    const { size = { width: 1200, height: 720 }, scheme = "light" } = picture;
    const page = await browser.newPage({ viewport: size, colorScheme: scheme });
    await page.goto(ui.address);
    await page.getByRole("status").filter({ hasText: "live" }).waitFor();
    await picture.arrange(page);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(folder, `${picture.name}.png`) });
    await page.close();
    await reader.close();
    console.log(join(folder, `${picture.name}.png`));
  }
} finally {
  await browser.close();
  await broker.close();
}
