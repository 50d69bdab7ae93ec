// What follows a choice: where the focus goes, what comes into view, and what Back undoes.

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { demoOrganisation, goTo, headline, launchBrowser, openFile, openPreview, says, servePreview, viewAs } from "./preview.mjs";

const NOW = "2026-11-21T09:00:00Z";
const ACME = { type: "account", id: "acme", now: NOW };

describe("choosing", () => {
  let server, browser, context, page, org;
  before(async () => {
    [server, browser, org] = await Promise.all([servePreview(), launchBrowser(), demoOrganisation()]);
  });
  after(async () => {
    await browser.close();
    server.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  });
  afterEach(async () => {
    assert.deepEqual(page.faults, []);
    await context.close();
  });

  const name = (id) => org.users.find((user) => user.id === id).name;
  const focused = (id) => page.waitForFunction((id) => document.activeElement.id === id, id, { timeout: 5_000 });
  const hash = () => Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.slice(1)));
  const press = async (locator) => {
    await locator.focus();
    await page.keyboard.press("Enter");
  };
  const isInView = (locator) =>
    locator.evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      const sidebar = document.getElementById("sidelight").getBoundingClientRect();
      return top >= Math.max(0, sidebar.top) && bottom <= innerHeight;
    });

  test("a name among who can see it leaves the focus on what that person is told", async () => {
    page = await openPreview(context, server.address, { as: "alice", ...ACME });
    await press(page.locator('.sl-group[data-rule="owner"] button'));
    await says(page, "#sidelight-headline", name("yara"));
    await focused("sidelight-headline");
    assert.ok(await isInView(headline(page)));

    await goTo(page, { as: "graham", tab: "pipeline", now: NOW });
    await page.locator(".sl-grid-body .sl-row").first().click();
    await page.locator(".sl-detail summary").last().click();
    const member = page.locator(".sl-detail .sl-member button:visible").last();
    const chosen = await member.textContent();
    await press(member);
    await says(page, "#sidelight-pipeline", chosen.trim());
    await focused("sidelight-pipeline");
  });

  test("clearing filters leaves the focus among them, and moves nothing", async () => {
    page = await openPreview(context, server.address, { as: "graham", tab: "pipeline", now: NOW });
    const top = () => page.getByRole("grid").evaluate((grid) => grid.getBoundingClientRect().top);
    const before = await top();
    await page.getByLabel("Find a deal").fill("ledger");
    await says(page, "#sidelight [role=status]", "match");
    assert.equal(await top(), before);
    await press(page.getByRole("button", { name: "Clear filters" }));
    await focused("sidelight-find");
    assert.equal(await page.getByLabel("Find a deal").inputValue(), "");
    assert.equal(await top(), before);
  });

  test("a related record, Now and Dismiss leave the focus beside what they did", async () => {
    page = await openPreview(context, server.address, { as: "alice", ...ACME });
    const related = page.locator(".crm-related button").first();
    const title = await related.textContent();
    await press(related);
    await says(page, "#crm-title", title);
    await focused("crm-title");
    await press(page.getByRole("button", { name: "Now" }));
    await focused("crm-now");
    assert.equal(hash().now, undefined);
    await openFile(page, "broken.json", "{");
    await press(page.getByRole("button", { name: "Dismiss" }));
    await focused("crm-file");
  });

  for (const [what, width, height] of [["a phone", 320, 640], ["a desktop", 1280, 800]]) {
    test(`on ${what}, a chosen record or action brings its verdict into view`, async () => {
      await context.close();
      context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce" });
      page = await openPreview(context, server.address, { as: "alice", ...ACME });
      await page.locator("#sidelight").evaluate((host) => host.scrollTo(0, host.scrollHeight));
      await page.locator(".crm-line").nth(1).click();
      await says(page, "#sidelight .sl-title", await page.locator(".crm-line .crm-name").nth(1).textContent());
      assert.ok(await isInView(headline(page)), "after a record");

      // The action's button is the last thing in view, at the top of it.
      const action = page.locator(".sl-permission[aria-pressed=false]").last();
      await action.evaluate((button) => button.scrollIntoView({ block: "start" }));
      await action.press("Enter");
      await says(page, "#sidelight-headline", "Alice");
      assert.ok(await isInView(headline(page)), "after an action");
    });
  }

  test("whoever walks through the list by keys on a phone stays in it, until Enter", async () => {
    await context.close();
    context = await browser.newContext({ viewport: { width: 320, height: 640 }, reducedMotion: "reduce" });
    page = await openPreview(context, server.address, { as: "alice", ...ACME });
    const list = page.locator(".crm-lines");
    await list.focus();
    for (const _ of [1, 2, 3]) await page.keyboard.press("ArrowDown");
    const chosen = page.locator('.crm-line[aria-selected="true"]');
    await says(page, "#sidelight .sl-title", await chosen.locator(".crm-name").textContent());
    assert.ok(await chosen.evaluate((line) => { const { top, bottom } = line.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }));
    await page.keyboard.press("Enter");
    await focused("sidelight-headline");
    assert.ok(await isInView(headline(page)));
  });

  test("Back undoes a choice of a person, a record or a tab, Forward makes it again", async () => {
    page = await openPreview(context, server.address, { as: "alice", ...ACME });
    await viewAs(page, name("priya"));
    await says(page, "#sidelight-headline", name("priya"));
    assert.doesNotMatch(page.url(), /#&/);
    await page.locator(".crm-line").nth(2).click();
    const opened = hash().id;
    assert.notEqual(opened, "acme");
    await page.getByRole("tab", { name: "Tiers" }).click();

    await page.goBack();
    await says(page, '[role=tab][aria-selected="true"]', "Record");
    await page.goBack();
    await says(page, "#sidelight .sl-title", "Acme");
    await page.goBack();
    await says(page, "#sidelight-headline", name("alice"));
    assert.deepEqual(hash(), { as: "alice", ...ACME });
    for (const _ of [1, 2, 3]) await page.goForward();
    await says(page, '[role=tab][aria-selected="true"]', "Tiers");
    assert.deepEqual(hash(), { as: "priya", type: "account", id: opened, tab: "tiers", now: NOW });
  });

  test("what is typed, and a walk by keys, fill no history", async () => {
    page = await openPreview(context, server.address, { as: "alice", ...ACME });
    const length = () => page.evaluate(() => history.length);
    const before = await length();
    await page.getByLabel("As of (UTC)").fill("2026-11-22T10:00");
    await page.getByLabel("As of (UTC)").press("Tab");
    await page.getByLabel("Find by name").fill("a");
    await page.getByLabel("Theme").selectOption("dark");
    assert.equal(await length(), before);
    assert.equal(hash().theme, "dark");
    await page.locator(".crm-lines").focus();
    for (const _ of [1, 2, 3, 4]) await page.keyboard.press("ArrowDown");
    assert.equal(await length(), before + 1, "a walk is one step");
    await page.goBack();
    await says(page, "#sidelight .sl-title", "Acme");
  });

  test("what the address asks for and is not there is told, with what is shown instead", async () => {
    page = await openPreview(context, server.address, { as: "zed", type: "account", id: "gone", now: NOW });
    const first = org.users[0].name;
    const account = org.records.find((record) => record.type === "account").name;
    await says(page, ".crm-notices [role=status]", `There is no person with the id “zed” here. ${first} is shown instead.`);
    await says(page, ".crm-notices [role=status]", `There is no account with the id “gone” here. ${account} is shown instead.`);
    await viewAs(page, name("priya"));
    await page.locator(".crm-line").nth(2).click();
    assert.equal(await page.locator(".crm-notices .crm-notice").count(), 0);

    // Another organisation is not asked for what was chosen in this one.
    await openFile(page, "small.json", {
      format: "sidelight.org/1", id: "small", name: "Small", timeZone: "UTC",
      profiles: [{ id: "p", name: "P" }], users: [{ id: "ada", name: "Ada", profile: "p" }],
      records: [{ type: "account", id: "one", name: "One", owner: "ada" }],
    });
    await says(page, ".crm-seen", "Ada sees 0 of 1 account");
    assert.equal(await page.locator(".crm-notices .crm-notice").count(), 0);
    assert.deepEqual(hash(), { now: NOW });
  });
});
