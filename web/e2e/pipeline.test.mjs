// The partner pipeline: totals, sorting, filters, and ten thousand rows.

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { cents, pipeline, totals } from "./expected.mjs";
import { demoOrganisation, grouped, launchBrowser, openFile, openPreview, says, servePreview, texts } from "./preview.mjs";

const NOW = "2026-11-21T09:00:00Z";

describe("pipeline", () => {
  let server, browser, context, page, org;
  before(async () => {
    [server, browser, org] = await Promise.all([servePreview(), launchBrowser(), demoOrganisation()]);
  });
  after(async () => {
    await browser.close();
    server.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    page = await openPreview(context, server.address, { as: "graham", tab: "pipeline", now: NOW });
  });
  afterEach(async () => {
    assert.deepEqual(page.faults, []);
    await context.close();
  });

  const column = (index) => texts(page, `.sl-grid-body .sl-row > :nth-child(${index})`);
  const rowCount = async () => Number(await page.getByRole("grid").getAttribute("aria-rowcount")) - 1;

  test("totals are exact, by stage and currency", async () => {
    const expected = totals(pipeline(org, "graham"));
    const currencies = (await texts(page, ".sl-totals thead th")).slice(2);
    assert.deepEqual(currencies, [...new Set(pipeline(org, "graham").map((deal) => deal.currency))].sort());
    const lines = await page.locator(".sl-totals tbody tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
    assert.deepEqual(lines.map(([stage]) => stage), [...new Set([...expected.keys()].map((key) => key.split("/")[0]))].sort());
    for (const [stage, count, ...amounts] of lines) {
      const inStage = currencies.map((currency) => expected.get(`${stage}/${currency}`));
      assert.equal(Number(count), inStage.reduce((sum, total) => sum + (total?.count ?? 0), 0), stage);
      assert.deepEqual(amounts.map((amount) => (amount === "–" ? undefined : cents(amount))), inStage.map((total) => total?.cents), stage);
    }
  });

  test("filters narrow the rows and the totals, and can be cleared", async () => {
    const seen = pipeline(org, "graham");
    await page.getByLabel("Stage", { exact: true }).selectOption("Won");
    const won = seen.filter((deal) => deal.stage === "Won");
    await says(page, "#sidelight [role=status]", `${won.length} of ${seen.length} match`);
    assert.equal(await rowCount(), won.length);
    assert.deepEqual([...new Set(await column(2))], ["Won"]);
    assert.deepEqual(await texts(page, ".sl-totals tbody th"), ["Won"]);

    const company = org.companies.find((one) => one.id === "kestrel");
    await page.getByLabel("Company", { exact: true }).selectOption(company.name);
    const there = won.filter((deal) => deal.company === company.id);
    assert.equal(await rowCount(), there.length);
    const owner = org.users.find((one) => one.id === there[0].owner);
    await page.getByLabel("Deal owner", { exact: true }).selectOption(owner.name);
    assert.equal(await rowCount(), there.filter((deal) => deal.owner === owner.id).length);

    // Looking at another tab does not lose them.
    await page.getByRole("tab", { name: "Tiers" }).click();
    await page.getByRole("tab", { name: "Pipeline" }).click();
    assert.equal(await rowCount(), there.filter((deal) => deal.owner === owner.id).length);

    await page.getByRole("button", { name: "Clear filters" }).click();
    assert.equal(await rowCount(), seen.length);
    await page.getByLabel("Find a deal").fill("LEDGER");
    assert.equal(await rowCount(), seen.filter((deal) => deal.name.toLowerCase().includes("ledger")).length);
    await page.getByLabel("Find a deal").fill("nothing is called this");
    await says(page, "#sidelight .sl-empty", "No deal matches these filters.");
  });

  test("a filter that another viewer has nothing for is dropped", async () => {
    const owner = org.users.find((one) => one.id === "chris");
    await page.getByLabel("Deal owner", { exact: true }).selectOption(owner.name);
    await page.getByLabel("Stage", { exact: true }).selectOption("Lost");
    await page.evaluate(() => { location.hash = location.hash.replace("graham", "bryn"); });
    const lost = pipeline(org, "bryn").filter((deal) => deal.stage === "Lost");
    await says(page, "#sidelight [role=status]", `${lost.length} of ${pipeline(org, "bryn").length} match`);
  });

  test("a heading sorts, a second click turns the order round", async () => {
    const owners = new Map(org.users.map((user) => [user.id, user.name]));
    const names = pipeline(org, "graham").map((deal) => owners.get(deal.owner)).sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
    const heading = page.getByRole("columnheader", { name: "Deal owner" });
    await heading.getByRole("button").click();
    assert.equal(await heading.getAttribute("aria-sort"), "ascending");
    assert.equal((await column(4))[0], names[0]);
    await heading.getByRole("button").click();
    assert.equal(await heading.getAttribute("aria-sort"), "descending");
    assert.equal((await column(4))[0], names.at(-1));
    assert.equal(await page.getByRole("columnheader", { name: "Deal", exact: true }).getAttribute("aria-sort"), "none");
  });

  test("a row tells why it is there, who else sees it, and opens the deal", async () => {
    const row = page.locator(".sl-grid-body .sl-row").first();
    const [name, , , owner] = await row.locator("[role=gridcell]").allTextContents();
    const deal = pipeline(org, "graham").find((one) => one.name === name);
    await row.click();
    assert.equal(await page.locator("#sidelight-deal").textContent(), name);
    assert.ok((await page.locator(".sl-detail .sl-reason").count()) > 0);
    await says(page, '.sl-detail .sl-group[data-rule="deal-owner"]', owner);
    await page.getByRole("button", { name: "Open this deal" }).click();
    await says(page, "#crm main h1", name);
    assert.equal(await page.locator('.crm-line[aria-selected="true"]').getAttribute("data-id"), deal.id);
    await page.getByRole("tab", { name: "Record" }).click();
    await says(page, "#sidelight-headline", "Graham Whitlock can see this deal");
  });

  test("ten thousand deals: only the rows in view are drawn, to the last one, in any order", async () => {
    const count = 10_000;
    const amount = (index) => `${(index * 7919) % 99_991}.${String(index % 100).padStart(2, "0")}`;
    const large = {
      ...org,
      id: "large",
      deals: Array.from({ length: count }, (_, index) => ({
        id: `d${index}`,
        name: `Deal ${String(index).padStart(5, "0")}`,
        company: org.companies[index % org.companies.length].id,
        owner: "michael",
        stage: ["Registered", "Won"][index % 2],
        amount: amount(index),
        currency: "USD",
      })),
    };
    await openFile(page, "large.json", large);
    // Nadia's profile permits all deals.
    await page.evaluate(() => (location.hash = "as=nadia&tab=pipeline"));
    await says(page, "#sidelight-pipeline", `sees ${grouped(count)} of ${grouped(count)} deals`);
    const grid = page.getByRole("grid");
    assert.equal(await rowCount(), count);
    const drawn = () => page.locator(".sl-grid-body .sl-row").count();
    assert.ok((await drawn()) < 60, `${await drawn()} rows are drawn`);

    await grid.focus();
    await page.keyboard.press("End");
    await says(page, ".sl-grid-body .sl-active", "Deal 09999");
    assert.equal(await page.locator(".sl-active").getAttribute("aria-rowindex"), `${count + 1}`);
    assert.equal(await page.locator(`#${await grid.getAttribute("aria-activedescendant")}`).getAttribute("aria-selected"), "true");
    await says(page, "#sidelight-deal", "Deal 09999");

    // Wherever it is scrolled, the rows that are in view are there.
    for (let step = 0; step <= 20; step += 1) {
      const blank = await grid.evaluate(async (element, part) => {
        element.scrollTop = part * (element.scrollHeight - element.clientHeight);
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        const view = element.getBoundingClientRect();
        const head = element.querySelector(".sl-grid-head").getBoundingClientRect();
        const rows = [...element.querySelectorAll(".sl-grid-body .sl-row")].map((row) => row.getBoundingClientRect());
        return Math.min(...rows.map((row) => row.top)) > head.bottom + 1 || Math.max(...rows.map((row) => row.bottom)) < view.bottom - 3;
      }, step / 20);
      assert.equal(blank, false, `a blank at ${step * 5} %`);
      assert.ok((await drawn()) < 60);
    }

    const heading = page.getByRole("columnheader", { name: "Amount" }).getByRole("button");
    await heading.click();
    await heading.click();
    const expected = large.deals.map((deal) => cents(deal.amount)).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
    assert.equal(await grid.evaluate((element) => element.scrollTop), 0, "a new order is read from its beginning");
    const shown = (await column(3)).map((text) => cents(text.replace(" USD", "")));
    assert.deepEqual(shown, expected.slice(0, shown.length));
    await grid.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("PageDown");
    const index = Number(await page.locator(".sl-active").getAttribute("aria-rowindex"));
    assert.ok(index > 5 && index < 40, `a page is what is in view, not ${index} rows`);
  });
});
