// Opening organisations: good ones, bad ones, hostile ones.

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { demoOrganisation, headline, launchBrowser, openFile, openPreview, says, servePreview, texts } from "./preview.mjs";

const SMALL = {
  format: "sidelight.org/1",
  id: "small",
  name: "Small & Sons",
  timeZone: "UTC",
  roles: [{ id: "lead", name: "Lead" }, { id: "rep", name: "Rep", parent: "lead" }],
  profiles: [{ id: "p", name: "P", permissions: { account: { view: "reports" } } }],
  users: [
    { id: "ada", name: "Ada", profile: "p", role: "lead" },
    { id: "bo", name: "Bo", profile: "p", role: "rep" },
  ],
  records: [
    { type: "account", id: "one", name: "One", owner: "bo" },
    { type: "account", id: "two", name: "Two" },
  ],
};

describe("opening", () => {
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
    page = await openPreview(context, server.address);
  });
  afterEach(async () => {
    assert.deepEqual(page.faults, []);
    await context.close();
  });

  test("another organisation takes the place of the first", async () => {
    await says(page, ".crm-organisation", org.name);
    await openFile(page, "small.json", SMALL);
    await says(page, ".crm-organisation", SMALL.name);
    await says(page, "#sidelight-headline", "Ada can see this account");
    await says(page, ".crm-seen", "Ada sees 1 of 2 accounts");
    await says(page, ".crm-notices [role=status]", "Opened small.json: 2 people, 2 records, 0 partner deals.");
    assert.deepEqual(await texts(page, ".crm-line .crm-name"), ["One", "Two"]);
  });

  test("a file can be dropped anywhere on the page", async () => {
    const transfer = await page.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], "dropped.json", { type: "application/json" }));
      return transfer;
    }, JSON.stringify(SMALL));
    await page.dispatchEvent("main", "dragover", { dataTransfer: transfer });
    await says(page, ".crm-drop", "Drop an organisation");
    await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
    await says(page, ".crm-organisation", SMALL.name);
    assert.equal(await page.locator(".crm-drop").count(), 0);
  });

  test("a name that turns its direction around turns nothing beside it", async () => {
    const name = "Eve \u202etnuocca siht ees tonnac";
    const users = [SMALL.users[0], { ...SMALL.users[1], name }];
    await openFile(page, "turned.json", { ...SMALL, name: "Turned", users });
    await says(page, ".crm-organisation", "Turned");
    await page.evaluate(() => { location.hash = "as=bo&type=account&id=one"; });
    await says(page, "#sidelight-headline", "Eve \ufffdtnuocca siht ees tonnac can see this account");
    for (const sentence of await texts(page, "#sidelight :is(h2, h3, p)")) assert.doesNotMatch(sentence, /\u202e/u);
    // The badge after the name stays after it.
    const right = (part) => page.locator(`.sl-member[data-user=bo] ${part}`).evaluate((at) => at.getBoundingClientRect().right);
    assert.ok(await right("bdi") <= await right(".sl-mark"));
  });

  test("a file larger than what a page has room for is refused before it is read", async () => {
    const size = await page.evaluate(() => {
      const input = document.querySelector("input[type=file]");
      const transfer = new DataTransfer();
      const part = new Uint8Array(2 ** 20);
      const file = new File(Array.from({ length: 129 }, () => part), "large.json");
      transfer.items.add(file);
      input.files = transfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      return file.size;
    });
    assert.ok(size > 128 * 2 ** 20);
    await says(page, "[role=alert]", "large.json was not opened");
    assert.equal(await page.locator("[role=alert] .crm-code").textContent(), "document-too-large");
    await says(page, ".crm-organisation", org.name);
  });

  for (const [what, content, code, path] of [
    ["no JSON", "{", "malformed-json", null],
    ["an empty file", "", "malformed-json", null],
    ["an unknown format", { ...SMALL, format: "sidelight.org/9" }, "unknown-format", "/format"],
    ["an unknown scope", { ...SMALL, profiles: [{ id: "p", name: "P", permissions: { account: { view: "most" } } }] }, "unknown-scope", "/profiles/0/permissions/account/view"],
    ["a duplicate id", { ...SMALL, users: [...SMALL.users, SMALL.users[0]] }, "duplicate-id", "/users/2/id"],
    ["an unknown profile", { ...SMALL, users: [{ id: "x", name: "X", profile: "none" }] }, "unknown-profile", "/users/0/profile"],
    ["a document of another shape", '"text"', "invalid-field", null],
  ]) {
    test(`${what} is refused with its code and place, and the organisation before it stays`, async () => {
      const before = await headline(page).textContent();
      await openFile(page, "broken.json", content);
      const alert = page.getByRole("alert");
      await says(page, "[role=alert]", "broken.json was not opened");
      assert.equal(await alert.locator(".crm-code").textContent(), code);
      assert.deepEqual(await texts(page, "[role=alert] .crm-path"), path === null ? [] : [path]);
      await says(page, "[role=alert]", `${org.name} stays open.`);
      assert.equal(await page.locator(".crm-organisation").textContent(), org.name);
      assert.equal(await headline(page).textContent(), before);

      // The page is not merely left standing: it goes on answering.
      await page.locator(".crm-line").nth(3).click();
      await says(page, "#sidelight .sl-title", await page.locator(".crm-line .crm-name").nth(3).textContent());
      await alert.getByRole("button", { name: "Dismiss" }).click();
      assert.equal(await alert.textContent(), "");
      await openFile(page, "small.json", SMALL);
      await says(page, ".crm-organisation", SMALL.name);
    });
  }

  test("an empty file is told to be empty", async () => {
    await openFile(page, "empty.json", " \n");
    await says(page, "[role=alert]", "the file is empty");
  });

  test("the steps of opening a large file are told while it is opened", async () => {
    const many = { ...SMALL, records: Array.from({ length: 60_000 }, (_, index) => ({ type: "account", id: `a${index}`, name: `Account ${index}`, owner: "bo" })) };
    await page.evaluate(() => {
      window.told = [];
      new MutationObserver(() => window.told.push(document.querySelector(".crm-notices").textContent)).observe(document.querySelector(".crm-notices"), {
        subtree: true,
        childList: true,
        characterData: true,
      });
    });
    await openFile(page, "large.json", many);
    await says(page, ".crm-seen", "Ada sees 60,000 of 60,000 accounts");
    const told = (await page.evaluate(() => window.told)).join("|");
    assert.match(told, /Reading large\.json/);
    assert.match(told, /Checking large\.json \(\d+ MB\)/);
    assert.match(told, /Listing the 60,000 records/);
    assert.ok((await page.locator(".crm-line").count()) < 60, "only the lines in view are drawn");
  });

  test("hostile names are text, and hostile ids are ids", async () => {
    const evil = '<img src=x onerror="window.hacked=1">';
    const proto = "__proto__";
    const hostile = {
      format: "sidelight.org/1",
      id: proto,
      name: evil,
      timeZone: "UTC",
      jobRoles: [{ id: proto, name: evil }],
      roles: [{ id: proto, name: evil }, { id: "constructor", name: `${evil}2`, parent: proto }],
      profiles: [{ id: proto, name: evil, permissions: { account: { view: "reports" } }, toggles: { allDeals: true } }],
      users: [
        { id: proto, name: evil, profile: proto, role: proto, jobRole: proto, memberships: [{ company: proto, tier: "owner", primary: true }] },
        { id: "a&b=c#d", name: `${evil}3`, profile: proto, role: "constructor" },
      ],
      companies: [{ id: proto, name: evil }],
      records: [
        { type: "account", id: proto, name: evil, owner: "a&b=c#d", assigned: [proto], fields: { [evil]: evil, [proto]: evil } },
        { type: "prospect", id: "toString", name: evil, owner: evil, account: proto },
      ],
      deals: [{ id: proto, name: evil, company: proto, owner: proto, stage: evil, currency: evil, amount: "1" }],
    };
    // A literal `__proto__` key would set the prototype instead.
    const text = JSON.stringify(hostile).replace('"fields":{', `"fields":{"__proto__":${JSON.stringify(evil)},`);
    await openFile(page, `${evil}.json`, text);
    await says(page, ".crm-organisation", evil);
    await says(page, "#sidelight-headline", `${evil} can see this account`);
    for (const tab of ["Pipeline", "Tiers", "Record"]) {
      await page.getByRole("tab", { name: tab }).click();
      if (tab === "Pipeline") {
        await page.locator(".sl-grid-body .sl-row").click();
        await says(page, "#sidelight-deal", evil);
      }
      assert.equal(await page.locator("#crm img, #sidelight img").count(), 0);
    }
    await page.getByRole("combobox", { name: "View as" }).click();
    await page.locator("#crm-viewers").getByRole("option", { name: `${evil}3` }).click();
    await says(page, "#sidelight-headline", `${evil}3 can see this account`);
    assert.equal(new URLSearchParams(new URL(page.url()).hash.slice(1)).get("as"), "a&b=c#d");
    await openFile(page, `${evil}.json`, "{");
    await says(page, "[role=alert]", `${evil}.json was not opened`);
    assert.equal(await page.locator("#crm img, #sidelight img").count(), 0);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
  });

  test("an organisation without records, deals or anybody is shown as empty", async () => {
    await openFile(page, "empty.json", { ...SMALL, users: [{ id: "ada", name: "Ada", profile: "p" }], records: [] });
    await says(page, "#sidelight .sl-empty", "Open a record");
    await page.getByRole("tab", { name: "Pipeline" }).click();
    await says(page, "#sidelight .sl-empty", "This organisation has no partner deals.");
    await openFile(page, "nobody.json", { ...SMALL, users: [], records: [] });
    await says(page, "#sidelight .sl-empty", "Choose a person");
  });
});

test("without an organisation beside it, the page says so and takes a file", async () => {
  const [server, browser] = await Promise.all([servePreview({ "/organisation.json": "{}" }), launchBrowser()]);
  try {
    const page = await browser.newPage();
    await page.goto(server.address);
    await says(page, "[role=alert]", "organisation.json was not opened");
    await says(page, "main", "No organisation is open.");
    await openFile(page, "small.json", SMALL);
    await says(page, "#sidelight-headline", "Ada can see this account");
  } finally {
    await browser.close();
    server.close();
  }
});
