// Everything by keyboard alone, with the focus always in sight.

import assert from "node:assert/strict";
import { test } from "node:test";
import { demoOrganisation, headline, launchBrowser, openPreview, says, servePreview } from "./preview.mjs";

/** Presses Tab until the focus is on what a selector finds, and checks at each stop that it can be seen. */
async function tabTo(page, selector) {
  for (let stops = 0; stops < 60; stops += 1) {
    const [found, seen, what] = await page.evaluate((selector) => {
      const focused = document.activeElement;
      const style = getComputedStyle(focused);
      const isSeen = focused === document.body || (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 1);
      return [focused.matches(selector), isSeen, focused.outerHTML.slice(0, 120)];
    }, selector);
    assert.ok(seen, `no focus to be seen on ${what}`);
    if (found) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab never leads to ${selector}`);
}

test("a walk through the preview by keyboard", async () => {
  const [server, browser, org] = await Promise.all([servePreview(), launchBrowser(), demoOrganisation()]);
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await openPreview(context, server.address, { as: "alice", now: "2026-11-21T09:00:00Z" });
    const name = (id) => org.users.find((user) => user.id === id).name;
    const focused = (attribute) => page.evaluate((attribute) => document.activeElement.getAttribute(attribute), attribute);

    // Look as somebody else: type, move, take, and leave without taking.
    await tabTo(page, "#crm-viewer");
    await page.keyboard.type("priya");
    await page.getByRole("option", { name: name("priya") }).waitFor();
    assert.equal(await focused("aria-expanded"), "true");
    assert.equal(await page.locator(`#${await focused("aria-activedescendant")}`).textContent().then((text) => text.includes(name("priya"))), true);
    await page.keyboard.press("Enter");
    await says(page, "#sidelight-headline", name("priya"));
    assert.equal(await focused("aria-expanded"), "false");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#crm-viewer").inputValue(), name("priya"));
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.notEqual(await page.locator("#crm-viewer").inputValue(), name("priya"));
    await page.keyboard.type("graham");
    await page.keyboard.press("Enter");
    await says(page, "#sidelight-headline", name("graham"));

    // Walk through the records: the page and the sidebar follow.
    await tabTo(page, ".crm-lines");
    const title = page.locator("#sidelight .sl-title");
    const first = await title.textContent();
    await page.keyboard.press("ArrowDown");
    await page.locator("#sidelight .sl-title", { hasNotText: first }).waitFor();
    await page.keyboard.press("End");
    await page.keyboard.press("PageUp");
    await page.keyboard.press("Home");
    await says(page, "#sidelight .sl-title", first);
    assert.equal(await title.textContent(), first);

    // The sidebar's tabs are one stop; arrows go round.
    await tabTo(page, "#sidelight [role=tab]");
    assert.equal(await focused("id"), "sidelight-tab-record");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await focused("id"), "sidelight-tab-tiers");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await focused("id"), "sidelight-tab-pipeline");
    assert.equal(await focused("aria-selected"), "true");

    // The pipeline: sort, move, open.
    await tabTo(page, "#sidelight .sl-search input");
    await page.keyboard.type("ledger");
    await tabTo(page, ".sl-grid");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.locator(".sl-active").getAttribute("aria-rowindex"), "2");
    await page.keyboard.press("ArrowDown");
    const deal = await page.locator(".sl-active .sl-first").textContent();
    assert.equal(await page.locator("#sidelight-deal").textContent(), deal);
    await tabTo(page, '[role=columnheader][aria-sort="none"] button');
    await page.keyboard.press("Enter");
    assert.equal(await page.locator('[role=columnheader][aria-sort="ascending"]').count(), 1);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await focused("role"), "grid");
    await page.keyboard.press("Enter");
    await says(page, "#crm main h1", deal);

    // Who else sees it: open a group, and look as one of its people.
    await tabTo(page, "#sidelight summary");
    await page.keyboard.press("Enter");
    await tabTo(page, "#sidelight .sl-member button");
    const member = await page.evaluate(() => document.activeElement.textContent.trim());
    await page.keyboard.press("Enter");
    await says(page, "#sidelight-pipeline", member);

    // An action of a record explains itself.
    await page.goto(`${server.address}#as=alice&type=account&id=acme`);
    await page.reload();
    await headline(page).waitFor();
    await tabTo(page, ".sl-permission[aria-pressed=false]");
    await page.keyboard.press("Space");
    await says(page, "#sidelight-headline", `${name("alice")} can edit this account`);
    assert.deepEqual(page.faults, []);
  } finally {
    await browser.close();
    server.close();
  }
});
