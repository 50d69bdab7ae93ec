// The explanation on the clipboard: what it holds, and what is said of it.

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { launchBrowser, openPreview, says, servePreview, viewAs } from "./preview.mjs";

const NOW = "2026-11-21T09:00:00Z";
const ACME = { type: "account", id: "acme", now: NOW };

describe("copying", () => {
  let server, browser, context, page;
  before(async () => {
    [server, browser] = await Promise.all([servePreview(), launchBrowser()]);
  });
  after(async () => {
    await browser.close();
    server.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  });
  afterEach(async () => {
    assert.deepEqual(page.faults, []);
    await context.close();
  });

  const button = () => page.getByRole("button", { name: "Copy explanation" });
  const status = () => page.locator(".sl-copy [role=status]");
  const copied = async () => {
    await button().focus();
    await page.keyboard.press("Enter");
    await says(page, ".sl-copy [role=status]", "on the clipboard");
    return page.evaluate(() => navigator.clipboard.readText());
  };

  test("the explanation is copied by keyboard, announced, and holds what is shown", async () => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    page = await openPreview(context, server.address, { as: "priya", ...ACME });
    assert.equal(await status().textContent(), "");
    const region = await status().elementHandle();
    const text = await copied();
    assert.ok(await status().evaluate((now, before) => now === before, region), "a region that is replaced announces nothing");
    assert.ok(await button().evaluate((button) => button === document.activeElement));

    const lines = text.trimEnd().split("\n");
    assert.equal(lines[0], "Priya Raman cannot see this account");
    assert.equal(lines[1], "account: Acme");
    const shown = async (selector) => page.locator(selector).allTextContents();
    for (const reason of await shown(".sl-verdict .sl-reason > p")) assert.ok(lines.includes(`- ${reason}`), reason);
    for (const holder of await shown(".sl-holders li > span:first-child")) assert.ok(lines.some((line) => line.startsWith(`  - ${holder}, `)), holder);
    const administrators = lines.indexOf("For administrators: None of this is shown to the viewer.");
    for (const remedy of await shown(".sl-remedies p")) assert.ok(lines.indexOf(`- ${remedy}`) > administrators, remedy);
    // Every line's words are on the screen.
    const screen = (await page.locator("#sidelight [role=tabpanel]").textContent()).replace(/\s+/g, " ");
    for (const line of lines.filter((line) => line.startsWith("- "))) assert.ok(screen.includes(line.slice(2)), line);

    // Beside another verdict nothing is said any more of this one.
    await viewAs(page, "Alice Moreau");
    await says(page, "#sidelight-headline", "Alice Moreau");
    assert.equal(await status().textContent(), "");
    const granted = await copied();
    assert.match(granted, /^Alice Moreau can see this account\n/);
    assert.match(granted, /\n {2}Role path: .+ › /);
    assert.doesNotMatch(granted, /administrators/);
  });

  test("what is tried is said first", async () => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    page = await openPreview(context, server.address, { as: "priya", ...ACME });
    const remedy = await page.locator(".sl-remedies p").first().textContent();
    await page.locator(".sl-remedies button").first().click();
    await says(page, "#sidelight-headline", "Priya Raman can see");
    assert.ok((await copied()).startsWith(`As it would be: ${remedy}\nPriya Raman can see this account\n`));
  });

  test("a browser that refuses, or has no clipboard, is told of", async () => {
    for (const clipboard of ["{ writeText: () => Promise.reject(new DOMException('no', 'NotAllowedError')) }", "undefined"]) {
      page = await context.newPage();
      await page.addInitScript(`Object.defineProperty(navigator, "clipboard", { value: ${clipboard} })`);
      page.faults = [];
      page.on("pageerror", (error) => page.faults.push(`${error}`));
      await page.goto(`${server.address}#${new URLSearchParams({ as: "priya", ...ACME })}`);
      for (const _ of ["once", "once more"]) {
        await button().click();
        await says(page, ".sl-copy [role=status]", "Not copied: the browser does not let this page write to the clipboard.");
      }
      assert.deepEqual(page.faults, []);
    }
  });
});
