// The built preview, served on loopback, and a browser to drive it with.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = resolve(process.env.SIDELIGHT_PREVIEW_DIR ?? join(root, "target/preview"));
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".json": "application/json" };

/** Serves the built preview; `replaced` maps a path to the text that is sent in place of the file. */
export async function servePreview(replaced = {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname)).replace(/\/$/, "/index.html");
    try {
      const body = replaced[path] ?? (await readFile(join(folder, path)));
      response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** The browser that SIDELIGHT_CHROMIUM names, Debian's by default. It is never downloaded. */
export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.SIDELIGHT_CHROMIUM ?? "/usr/bin/chromium",
    // Chromium refuses to sandbox what root runs; only the loopback server's own page is opened.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

/** Opens the preview at a place, given as what its address has after `#`, and waits until an organisation is open. */
export async function openPreview(context, address, place = {}) {
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`${error}`));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  await page.goto(`${address}#${new URLSearchParams(place)}`);
  await page.locator("#sidelight [role=tabpanel]").waitFor();
  return page;
}

/** Goes to another place without loading the page anew. */
export async function goTo(page, place) {
  await page.evaluate((hash) => (location.hash = hash), `${new URLSearchParams(place)}`);
  await page.waitForFunction(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true)))));
}

/** The organisation that the preview opens first. */
export async function demoOrganisation() {
  return JSON.parse(await readFile(join(folder, "organisation.json"), "utf8"));
}

/** Opens an organisation through the page's own file field, as bytes under a name. */
export async function openFile(page, name, content) {
  const buffer = Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
  await page.locator("#crm-file").setInputFiles({ name, mimeType: "application/json", buffer });
}

/** Looks as somebody else, by typing the name into "View as". */
export async function viewAs(page, name) {
  const field = page.getByRole("combobox", { name: "View as" });
  await field.fill(name);
  await page.locator("#crm-viewers").getByRole("option", { name }).first().waitFor();
  await field.press("Enter");
  await page.locator("#crm-viewers[hidden]").waitFor({ state: "attached" });
}

/** The heading of the verdict. */
export const headline = (page) => page.locator("#sidelight-headline");

/** The codes of the reasons that are shown for the record. */
export const reasons = (page) => page.locator(".sl-verdict .sl-reason").evaluateAll((shown) => shown.map((reason) => reason.dataset.code));

/** Each text that a selector finds. */
export const texts = (page, selector) => page.locator(selector).evaluateAll((found) => found.map((one) => one.textContent.trim()));

/** A number as the preview writes it. */
export const grouped = (number) => number.toLocaleString("en-US");

/** Waits until the page says a text somewhere in an element, be it for the eye or for a screen reader only. */
export const says = (page, selector, text) => page.locator(selector, { hasText: text }).first().waitFor({ state: "attached", timeout: 10_000 });
