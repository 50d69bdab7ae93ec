// Draws the README's picture: `node web/e2e/screenshot.mjs` after a build writes docs/preview.png.

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launchBrowser, openPreview, servePreview } from "./preview.mjs";

const picture = fileURLToPath(new URL("../../docs/preview.png", import.meta.url));
const [server, browser] = await Promise.all([servePreview(), launchBrowser()]);
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  const page = await openPreview(context, server.address, { as: "delia", type: "account", id: "acme", now: "2026-11-21T09:00:00Z" });
  await mkdir(new URL("../../docs/", import.meta.url), { recursive: true });
  await page.screenshot({ path: picture, animations: "disabled" });
} finally {
  await browser.close();
  server.close();
}
