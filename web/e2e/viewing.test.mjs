// Switching the viewer, the record and the instant.

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { heldByReach, people, pipeline, reports } from "./expected.mjs";
import { demoOrganisation, goTo, headline, launchBrowser, openPreview, reasons, says, servePreview, texts, viewAs } from "./preview.mjs";

const NOW = "2026-11-21T09:00:00Z";

describe("viewing", () => {
  let server, browser, context, page, org;
  before(async () => {
    [server, browser, org] = await Promise.all([servePreview(), launchBrowser(), demoOrganisation()]);
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

  const user = (id) => org.users.find((one) => one.id === id);
  const record = (type, id) => org.records.find((one) => one.type === type && one.id === id);
  const role = (id) => org.roles.find((one) => one.id === id);

  test("the verdict, its reasons and the people follow the viewer", async () => {
    page = await openPreview(context, server.address, { as: "alice", type: "account", id: "acme", now: NOW });
    const acme = record("account", "acme");
    const through = acme.assigned.map((one) => one.user ?? one).filter((holder) => reports(org, "alice").includes(holder));
    assert.equal(through.length, 1, "the demo's Acme reaches Alice through one report");

    assert.equal(await headline(page).textContent(), `${user("alice").name} can see this account`);
    assert.deepEqual(await reasons(page), ["report"]);
    await says(page, ".sl-verdict .sl-reason", user(through[0]).name);
    assert.deepEqual(await texts(page, ".sl-verdict .sl-path li"), [user("alice").role, user(through[0]).role].map((id) => role(id).name));

    const shown = await page.locator(".sl-person").evaluateAll((rows) =>
      rows.map((row) => ({ name: row.querySelector(".sl-name").textContent, jobRole: row.querySelector(".sl-job").textContent })),
    );
    assert.deepEqual(shown, people(org, acme));
    await says(page, ".sl-person:first-child", "Record owner");

    await viewAs(page, user("priya").name);
    await says(page, "#sidelight-headline", `${user("priya").name} cannot see this account`);
    assert.deepEqual(await reasons(page), ["outside-reports"]);
    assert.deepEqual(await texts(page, ".sl-holders li > span:first-child"), people(org, acme).map((person) => person.name));
    await says(page, ".sl-remedies", `Assign ${user("priya").name} to this account`);
    assert.equal(await page.locator(".sl-person").count(), 0);
    await says(page, "#crm main", `${user("priya").name} gets “not found” here`);
    assert.equal(await page.locator("#crm main", { hasText: acme.fields.industry }).count(), 0, "the page keeps the record's fields to itself");
  });

  test("a remedy can be tried, and nothing is kept of it", async () => {
    page = await openPreview(context, server.address, { as: "priya", type: "account", id: "acme", now: NOW });
    const refused = await page.locator("#sidelight [role=tabpanel]").textContent();
    const focused = (id) => page.waitForFunction((id) => document.activeElement.id === id, id, { timeout: 5_000 });
    const remedies = page.locator(".sl-remedies button");
    for (const which of [...Array(await remedies.count()).keys()]) {
      await remedies.nth(which).click();
      await says(page, "#sidelight-headline", `${user("priya").name} can see this account`);
      assert.equal(await page.locator(".sl-trial").count(), 1);
      assert.notEqual(await page.locator(".sl-person").count(), 0, "its people are shown");
      await says(page, `.sl-member[data-user="priya"]`, user("priya").name);
      await focused("sidelight-trial-end");
      await page.keyboard.press("Enter");
      await says(page, "#sidelight-headline", `${user("priya").name} cannot see this account`);
      await focused("sidelight-headline");
      assert.equal(await page.locator("#sidelight [role=tabpanel]").textContent(), refused);
    }
    // Somebody else is looked at as it is, and so is the next one who comes back.
    await remedies.first().click();
    await viewAs(page, user("alice").name);
    await says(page, "#sidelight-headline", user("alice").name);
    assert.equal(await page.locator(".sl-trial").count(), 0);
    await viewAs(page, user("priya").name);
    await says(page, "#sidelight-headline", `${user("priya").name} cannot see this account`);
    assert.equal(await page.locator("#sidelight [role=tabpanel]").textContent(), refused);
  });

  test("who gains sight by a tried remedy is marked in words", async () => {
    page = await openPreview(context, server.address, { as: "priya", type: "account", id: "acme", now: NOW });
    const members = () => page.locator(".sl-member").evaluateAll((rows) => rows.map((row) => row.dataset.user));
    const open = () => page.locator(".sl-group").evaluateAll((groups) => groups.forEach((group) => (group.open = true)));
    await open();
    for (const more of await page.locator(".sl-group > button").all()) await more.click();
    const before = await members();
    assert.equal(await page.getByText("New", { exact: true }).count(), 0);
    await page.locator(".sl-remedies button").last().click();
    await says(page, "#sidelight-audience", " new");
    const marked = page.locator(".sl-member", { has: page.locator(".sl-mark", { hasText: /^New$/ }) });
    const count = await marked.count();
    await says(page, "#sidelight-audience", `, ${count} new`);
    assert.deepEqual(await marked.evaluateAll((rows) => rows.filter((row) => row.getBoundingClientRect().height === 0)), [], "their groups are open");
    const gained = await marked.evaluateAll((rows) => rows.map((row) => row.dataset.user));
    assert.ok(gained.includes("priya"));
    assert.deepEqual(gained.filter((user) => before.includes(user)), []);
    for (const user of gained) {
      assert.equal(await page.locator(".sl-group", { has: page.locator(`[data-user="${user}"]`) }).locator("summary", { hasText: /, \d+ new/ }).count(), 1);
    }
  });

  test("an action's button explains that action", async () => {
    page = await openPreview(context, server.address, { as: "alice", type: "account", id: "acme", now: NOW });
    const granted = org.profiles.find((profile) => profile.id === user("alice").profile).permissions.account;
    for (const action of ["edit", "delete", "assign"]) {
      const button = page.locator(".sl-permissions").getByRole("button", { name: new RegExp(action, "i") });
      await button.click();
      assert.equal(await button.getAttribute("aria-pressed"), "true");
      const allowed = granted[action] !== undefined && granted[action] !== "denied";
      await says(page, "#sidelight-headline", `${user("alice").name} ${allowed ? "can" : "cannot"} ${action}`);
      assert.match(await button.textContent(), allowed ? /^Allowed/ : /^Refused/);
    }
  });

  test("the list counts and marks what the viewer does not see", async () => {
    page = await openPreview(context, server.address, { as: "alice", type: "account", id: "acme", now: NOW });
    const accounts = org.records.filter((one) => one.type === "account");
    for (const id of ["alice", "priya"]) {
      await viewAs(page, user(id).name);
      // A scope of `reports` over people of whom nobody has `all`: what is held is all that is seen.
      const seen = heldByReach(org, id, "account");
      await says(page, ".crm-seen", `${user(id).name} sees ${seen.length} of ${accounts.length} accounts`);
      const marked = await page.locator(".crm-line").evaluateAll((lines) => lines.map((line) => [line.dataset.id, line.classList.contains("crm-unseen")]));
      assert.ok(marked.length >= 10);
      for (const [account, isMarked] of marked) {
        assert.equal(isMarked, !seen.some((one) => one.id === account), `${account} for ${id}`);
      }
    }
    await page.getByLabel("Only what").check();
    assert.equal(await page.locator(".crm-line.crm-unseen").count(), 0);
    assert.ok((await page.locator(".crm-line").count()) > 0);
  });

  test("who can see a record is grouped by reason, and a person there can be looked as", async () => {
    page = await openPreview(context, server.address, { as: "alice", type: "account", id: "acme", now: NOW });
    const groups = await page.locator(".sl-group").evaluateAll((found) => found.map((group) => [group.dataset.rule, group.querySelector(".sl-count").textContent]));
    const rules = groups.map(([rule]) => rule);
    assert.deepEqual(rules.slice(0, 3), ["owner", "assigned", "report"]);
    const total = groups.reduce((sum, [, count]) => sum + Number(count), 0);
    await says(page, "#sidelight-audience", `${total} people`);

    await page.locator('.sl-group[data-rule="owner"]').getByRole("button", { name: user("yara").name }).click();
    await says(page, "#sidelight-headline", `${user("yara").name} can see this account`);
    assert.ok((await reasons(page)).includes("owner"));
    assert.equal(await page.getByRole("combobox", { name: "View as" }).inputValue(), user("yara").name);
  });

  test("a long group of viewers opens in parts", async () => {
    page = await openPreview(context, server.address, { as: "alice", type: "account", id: "acme", now: NOW });
    const many = { ...org, profiles: [{ id: "everything", name: "Everything", permissions: { account: { view: "all" } } }] };
    many.users = Array.from({ length: 250 }, (_, index) => ({ id: `u${index}`, name: `Person ${index}`, profile: "everything" }));
    many.records = [{ type: "account", id: "a", name: "A" }];
    await page.locator("#crm-file").setInputFiles({ name: "many.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ ...many, deals: [] })) });
    const group = page.locator('.sl-group[data-rule="all"]');
    await says(page, '.sl-group[data-rule="all"] summary', "250");
    assert.equal(await group.getAttribute("open"), null, "a long group is closed at first");
    await group.locator("summary").click();
    for (const [drawn, next] of [[8, "Show 100 of 242 more"], [108, "Show 100 of 142 more"], [208, "Show all 42 more"]]) {
      assert.equal(await group.locator(".sl-member").count(), drawn);
      await group.getByRole("button", { name: next }).focus();
      await page.keyboard.press("Enter");
    }
    await group.locator(".sl-member").nth(249).waitFor();
    assert.equal(await group.getByRole("button", { name: /Show/ }).count(), 0);
    // The button is gone: the focus is on the first of those whom it showed.
    await page.waitForFunction(() => document.activeElement.textContent.trim() === "Person 208", null, { timeout: 5_000 });
    assert.equal(await group.locator(".sl-member").nth(208).locator(":focus").count(), 1);
    await page.waitForFunction(() => {
      const { top, bottom } = document.activeElement.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }, null, { timeout: 5_000 });
  });

  test("the pipeline follows the viewer", async () => {
    page = await openPreview(context, server.address, { as: "michael", tab: "pipeline", now: NOW });
    for (const id of ["michael", "mila", "joseph", "jessica", "graham", "nadia", "noemi"]) {
      await viewAs(page, user(id).name);
      const seen = pipeline(org, id);
      await says(page, "#sidelight-pipeline", `${user(id).name} sees ${seen.length} of ${org.deals.length} deals`);
      assert.equal(await page.getByRole("grid").getAttribute("aria-rowcount"), `${seen.length + 1}`);
    }
    assert.ok(pipeline(org, "joseph").length > pipeline(org, "michael").length, "a Manager sees more than Sales, or this shows nothing");
    await viewAs(page, user("alice").name);
    await says(page, "#sidelight-pipeline", `sees 0 of ${org.deals.length} deals`);
    assert.equal(await page.getByRole("grid").count(), 0);
  });

  test("a partner user is shown only people of their own company, and a count of the others", async () => {
    const michael = user("michael");
    const shared = org.records.find((one) => one.assigned?.some((assigned) => (assigned.user ?? assigned) === "michael"));
    page = await openPreview(context, server.address, { as: "michael", type: shared.type, id: shared.id, now: NOW });
    await says(page, "#sidelight-headline", `${michael.name} can see this`);
    const companies = michael.memberships.map((membership) => membership.company);
    const inCompany = (name) => org.users.find((one) => one.name === name).memberships?.some((membership) => companies.includes(membership.company));
    const all = people(org, shared);
    assert.deepEqual(await texts(page, ".sl-person .sl-name"), all.map((person) => person.name).filter(inCompany));
    await says(page, ".sl-more", `and ${all.filter((person) => !inCompany(person.name)).length} more`);
  });

  test("a guest's access ends at the instant, to the second", async () => {
    const guest = org.users.find((one) => one.guest?.claimed && !one.guest.revokedAt && Date.parse(one.guest.expiresAt) > Date.parse(NOW));
    const held = org.records.find((one) => one.assigned?.some((assigned) => (assigned.user ?? assigned) === guest.id));
    const end = Date.parse(guest.guest.expiresAt);
    const at = (instant) => ({ as: guest.id, type: held.type, id: held.id, now: new Date(instant).toISOString().replace(".000Z", "Z") });
    page = await openPreview(context, server.address, at(end - 1000));
    await says(page, "#sidelight-headline", `${guest.name} can see`);
    await goTo(page, at(end));
    await says(page, "#sidelight-headline", `${guest.name} cannot see`);
    assert.deepEqual(await reasons(page), ["guest-expired"]);

    const field = page.getByLabel("As of (UTC)");
    await field.fill(new Date(end - 60_000).toISOString().slice(0, 16));
    await field.press("Tab");
    await says(page, "#sidelight-headline", `${guest.name} can see`);
    assert.match(page.url(), /now=/);
    // A field that is no date, as while one is typed, is no question.
    await field.fill("");
    await field.press("Tab");
    await says(page, "#sidelight-headline", `${guest.name} can see`);
    assert.match(page.url(), /now=/);
    await page.getByRole("button", { name: "Now" }).click();
    assert.doesNotMatch(page.url(), /now=/);
  });

  test("a guest's last day is told as the organisation counts days, with a warning before it", async () => {
    const { name, guest } = user("noor");
    // The term ends in the small hours of UTC: where the organisation is, it is the day before.
    assert.equal(org.timeZone, "America/New_York");
    assert.equal(guest.expiresAt, "2027-02-19T05:00:00Z");
    page = await openPreview(context, server.address, { as: "robin", type: "opportunity", id: "acme-ledger", now: "2027-02-14T09:00:00Z" });
    const row = page.locator('.sl-person[data-user="noor"]');
    await says(page, '.sl-person[data-user="noor"]', name);
    assert.equal(await row.locator(".sl-term").textContent(), `Until the end of 18 Feb 2027`);
    await says(page, '.sl-person[data-user="noor"] .sl-warning', "Ends within 7 days");
    await goTo(page, { as: "robin", type: "opportunity", id: "acme-ledger", now: NOW });
    assert.equal(await row.locator(".sl-warning").count(), 0);
  });

  test("what the viewer is not shown is set apart, and an owner who is gone is told", async () => {
    page = await openPreview(context, server.address, { as: "priya", type: "account", id: "acme", now: NOW });
    const group = page.getByRole("region", { name: "For administrators" });
    assert.equal(await group.locator(".sl-remedies, #sidelight-audience").count(), 2);
    assert.equal(await page.locator(".sl-remedies, #sidelight-audience").count(), 2);
    const { owner } = record("account", "rookmere");
    assert.equal(user(owner), undefined);
    await goTo(page, { as: "robin", type: "account", id: "rookmere", now: NOW });
    await says(page, ".sl-people", "The record owner named here no longer exists.");
    await says(page, ".crm-facts", `${owner} (no longer exists)`);
  });

  test("the address leads back to the same view", async () => {
    page = await openPreview(context, server.address, { as: "alice", now: NOW });
    await viewAs(page, user("joseph").name);
    await page.getByRole("tab", { name: "Tiers" }).click();
    await page.getByLabel("Theme").selectOption("dark");
    await page.locator(".crm-line").nth(2).click();
    const opened = await page.locator(".crm-line").nth(2).getAttribute("data-id");
    const address = new URLSearchParams(new URL(page.url()).hash.slice(1));
    assert.deepEqual(Object.fromEntries(address), { as: "joseph", type: "account", id: opened, tab: "tiers", now: NOW, theme: "dark" });

    await page.reload();
    await page.locator("#sidelight [role=tabpanel]").waitFor();
    assert.equal(await page.getByRole("combobox", { name: "View as" }).inputValue(), user("joseph").name);
    assert.equal(await page.getByRole("tab", { name: "Tiers" }).getAttribute("aria-selected"), "true");
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
    assert.equal(await page.locator('.crm-line[aria-selected="true"]').getAttribute("data-id"), opened);
    await says(page, ".sl-own", `${user("joseph").name}: Manager at`);
  });
});
