// axe on every view in light and dark, small screens, zoom, and what is announced.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { goTo, launchBrowser, openFile, openPreview, says, servePreview, viewAs } from "./preview.mjs";

const NOW = "2026-11-21T09:00:00Z";
const axe = await readFile(createRequire(new URL("../package.json", import.meta.url)).resolve("axe-core/axe.min.js"), "utf8");

/** Everything that axe finds, as rule and place. */
async function findings(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target} (${node.failureSummary})`));
}

const VIEWS = {
  "a record that is seen": { as: "alice", type: "account", id: "acme" },
  "a record that is refused": { as: "priya", type: "account", id: "acme" },
  "a deal": { as: "graham", type: "deal", id: "larkspur-001" },
  "the pipeline": { as: "graham", tab: "pipeline" },
  "an empty pipeline": { as: "alice", tab: "pipeline" },
  "the tiers": { as: "joseph", tab: "tiers" },
  "a guest whose term has ended": { as: "victor", type: "account", id: "acme" },
  "a guest's pipeline after the end": { as: "victor", tab: "pipeline" },
};

describe("accessibility", () => {
  let server, browser;
  before(async () => {
    [server, browser] = await Promise.all([servePreview(), launchBrowser()]);
  });
  after(async () => {
    await browser.close();
    server.close();
  });

  for (const theme of ["light", "dark"]) {
    test(`axe finds nothing in ${theme}`, async () => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
      const page = await openPreview(context, server.address, { now: NOW, theme });
      for (const [view, place] of Object.entries(VIEWS)) {
        await goTo(page, { now: NOW, theme, ...place });
        assert.deepEqual(await findings(page), [], view);
      }
      await goTo(page, { now: NOW, theme, ...VIEWS["the pipeline"] });
      await page.locator(".sl-grid-body .sl-row").nth(2).click();
      await page.locator("#sidelight-deal").waitFor();
      assert.deepEqual(await findings(page), [], "a chosen deal");
      await goTo(page, { now: NOW, theme, ...VIEWS["a record that is refused"] });
      await page.locator(".sl-remedies button").last().click();
      await page.locator(".sl-member .sl-accent").first().waitFor();
      assert.deepEqual(await findings(page), [], "a remedy that is tried");
      await page.getByRole("combobox", { name: "View as" }).click();
      assert.deepEqual(await findings(page), [], "the open list of people");
      await page.keyboard.press("Escape");
      await openFile(page, "broken.json", "{");
      await says(page, "[role=alert]", "was not opened");
      assert.deepEqual(await findings(page), [], "an error");
      await context.close();
    });
  }

  test("the system's choice of light or dark is followed, and the explicit one comes before it", async () => {
    const context = await browser.newContext({ colorScheme: "dark" });
    const page = await openPreview(context, server.address, { now: NOW });
    const ground = () => page.locator(".sidelight").evaluate((sidebar) => getComputedStyle(sidebar).backgroundColor);
    const dark = await ground();
    await page.getByLabel("Theme").selectOption("light");
    const light = await ground();
    assert.notEqual(light, dark);
    await page.emulateMedia({ colorScheme: "light" });
    await page.getByLabel("Theme").selectOption("dark");
    assert.equal(await ground(), dark);
    await page.getByLabel("Theme").selectOption("system");
    assert.equal(await ground(), light);
    await context.close();
  });

  for (const [what, width, height] of [
    ["320 pixels", 320, 640],
    ["a zoom of 200 % at 1280 by 800", 640, 400],
    ["a tablet", 900, 700],
  ]) {
    test(`at ${what} the page does not scroll sideways`, async () => {
      const context = await browser.newContext({ viewport: { width, height } });
      const page = await openPreview(context, server.address, { now: NOW });
      const overflow = () =>
        page.evaluate(() => {
          const width = document.documentElement.clientWidth;
          const wide = [...document.querySelectorAll("#crm *, #sidelight *")].filter((element) => {
            const box = element.getBoundingClientRect();
            return box.width > 0 && box.right > width + 1 && !element.closest(".sl-grid, .sl-totals, .sl-unseen, .crm-hidden");
          });
          return document.documentElement.scrollWidth > width ? wide.map((element) => element.outerHTML.slice(0, 100)).concat("the page") : [];
        });
      for (const [view, place] of Object.entries(VIEWS)) {
        await goTo(page, { now: NOW, ...place });
        assert.deepEqual(await overflow(), [], view);
      }
      const long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(2);
      await openFile(page, `${long}.json`, "{");
      await says(page, "[role=alert]", "was not opened");
      assert.deepEqual(await overflow(), [], "an error about a long name");
      await openFile(page, "long.json", {
        format: "sidelight.org/1", id: "long", name: long, timeZone: "UTC",
        roles: [{ id: "a", name: `${long}a` }, { id: "b", name: `${long}b`, parent: "a" }],
        profiles: [{ id: "p", name: long, permissions: { account: { view: "reports" } }, toggles: { allDeals: true } }],
        users: [{ id: "u", name: `${long}1`, profile: "p", role: "a" }, { id: "v", name: `${long}2`, profile: "p", role: "b" }],
        companies: [{ id: "c", name: long }],
        records: [{ type: "account", id: "r", name: long, owner: "v", fields: { [long]: long } }],
        deals: [{ id: "d", name: long, company: "c", owner: "u", stage: long, currency: long, amount: "12345678901234567890.123456789012" }],
      });
      for (const tab of ["Record", "Pipeline", "Tiers"]) {
        await page.getByRole("tab", { name: tab }).click();
        assert.deepEqual(await overflow(), [], `long names: ${tab}`);
      }
      await context.close();
    });
  }

  test("where text is twice as large, rows keep apart and the keys keep theirs in view", async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await openPreview(context, server.address, { as: "graham", tab: "pipeline", now: NOW });
    await page.addStyleTag({ content: "html { font-size: 200% }" });
    for (const [list, rows] of [[".sl-grid", ".sl-grid-body .sl-row"], [".crm-lines", ".crm-line"]]) {
      await page.locator(list).focus();
      for (const key of ["Home", "End", "PageUp"]) await page.keyboard.press(key);
      const [overlaps, cut] = await page.locator(rows).evaluateAll((rows) => {
        const boxes = rows.map((row) => row.getBoundingClientRect()).sort((a, b) => a.top - b.top);
        const lines = rows.flatMap((row) => [...row.querySelectorAll("span:not(.crm-lock *)")]);
        return [boxes.filter((box, index) => index > 0 && box.top < boxes[index - 1].bottom - 1).length, lines.filter((line) => line.scrollHeight > line.clientHeight + 2).length];
      });
      assert.deepEqual([overlaps, cut], [0, 0], list);
      const chosen = page.locator(`${list} [aria-selected="true"]`);
      assert.ok(
        await chosen.evaluate((row, list) => {
          const [row_, list_] = [row, row.closest(list)].map((element) => element.getBoundingClientRect());
          return row_.top >= list_.top - 1 && row_.bottom <= list_.bottom + 1;
        }, list),
        `${list}: the chosen row is in view`,
      );
    }
    await context.close();
  });

  for (const [width, height] of [[1280, 500], [900, 500], [1280, 300]]) {
    test(`in a window of ${width} by ${height} every part has room and can be reached`, async () => {
      const context = await browser.newContext({ viewport: { width, height } });
      const page = await openPreview(context, server.address, { as: "priya", type: "account", id: "acme", now: NOW });
      await openFile(page, "broken.json", "{");
      await says(page, "[role=alert]", "was not opened");
      for (const part of [".crm-lines", "main", "#sidelight"]) {
        await page.locator(part).scrollIntoViewIfNeeded();
        const seen = await page.locator(part).evaluate((element) => {
          const { top, bottom } = element.getBoundingClientRect();
          return Math.min(bottom, innerHeight) - Math.max(top, 0);
        });
        assert.ok(seen >= 88, `${seen} pixels of ${part}`);
      }
      await context.close();
    });
  }

  test("a change of the verdict is announced, and landmarks have names", async () => {
    const context = await browser.newContext();
    const page = await openPreview(context, server.address, { as: "alice", type: "account", id: "acme", now: NOW });
    const region = page.locator("#sidelight [role=status]", { has: page.locator("#sidelight-headline") });
    const before = await region.elementHandle();
    assert.match(await region.textContent(), /can see this account/);
    await viewAs(page, "Priya Raman");
    await says(page, "#sidelight [role=status]", "Priya Raman cannot see this account");
    assert.ok(await region.evaluate((now, before) => now === before, before), "a region that is replaced announces nothing");
    for (const landmark of ["banner", "main", "complementary", "navigation"]) {
      assert.equal(await page.getByRole(landmark).count(), 1, landmark);
    }
    await context.close();
  });

  test("where the system chooses the colours, what is chosen can still be seen", async () => {
    const context = await browser.newContext({ forcedColors: "active" });
    const page = await openPreview(context, server.address, { as: "graham", tab: "pipeline", now: NOW });
    await page.locator(".sl-grid-body .sl-row").nth(1).click();
    for (const chosen of [".sl-row.sl-active", '.crm-line[aria-selected="true"]']) {
      assert.equal(await page.locator(chosen).evaluate((element) => getComputedStyle(element).outlineStyle), "solid", chosen);
    }
    await context.close();
  });
});
