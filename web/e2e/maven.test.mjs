// A real CRM export in the preview: each person sees exactly what the export's own tables say.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { goTo, grouped, launchBrowser, openPreview, says, servePreview } from "./preview.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(root, "../shared/data/maven_crm");
const { SIDELIGHT_MAVEN_ORG: imported, SIDELIGHT_CLI: cli } = process.env;
const skip =
  !existsSync(folder) ? "the Maven export is not at ../shared/data/maven_crm" : !imported && !cli ? "neither SIDELIGHT_MAVEN_ORG nor SIDELIGHT_CLI is set" : false;

/** The rows of one of the export's files, none of which has a quoted field. */
async function rows(name) {
  const [head, ...lines] = (await readFile(join(folder, name), "utf8")).trim().split(/\r?\n/).map((line) => line.split(","));
  return lines.map((line) => Object.fromEntries(line.map((value, index) => [head[index], value])));
}

test("in the Maven export, managers see their agents' opportunities and agents their own", { skip }, async () => {
  const work = await mkdtemp(join(tmpdir(), "sidelight-maven-"));
  const [server, browser] = await Promise.all([servePreview(), launchBrowser()]);
  try {
    const file = imported ?? join(work, "maven.json");
    if (!imported) {
      execFileSync(cli, ["import", folder, "--mapping", join(root, "demo/mappings/maven.toml"), "--output", file], { stdio: ["ignore", "ignore", "inherit"] });
    }
    const teams = await rows("sales_teams.csv");
    const pipeline = await rows("sales_pipeline.csv");
    const held = (agents) => pipeline.filter((row) => agents.has(row.sales_agent)).length;
    const expected = new Map(teams.map((row) => [row.sales_agent, held(new Set([row.sales_agent]))]));
    for (const manager of new Set(teams.map((row) => row.manager))) {
      expected.set(manager, held(new Set(teams.filter((row) => row.manager === manager).map((row) => row.sales_agent))));
    }
    assert.equal(pipeline.length, 8800);
    assert.equal(expected.get("Melvin Marxen"), 1929);
    assert.equal(expected.get("Rocco Neubert"), 1327);
    assert.equal([...expected.values()].filter((count) => count === 0).length, 5);

    const org = JSON.parse(await readFile(file, "utf8"));
    assert.deepEqual(org.users.map((user) => user.name).sort(), [...expected.keys()].sort());
    const page = await openPreview(await browser.newContext(), server.address);
    await page.locator("#crm-file").setInputFiles(file);
    await says(page, ".crm-organisation", org.name);
    await page.getByLabel("Record type").selectOption({ label: "Opportunities (8,800)" });
    for (const user of org.users) {
      const opportunity = org.records.find((record) => record.type === "opportunity");
      await goTo(page, { as: user.id, type: "opportunity", id: opportunity.id });
      await says(page, ".crm-seen", `${user.name} sees ${grouped(expected.get(user.name))} of 8,800 opportunities`);
    }
    assert.deepEqual(page.faults, []);
  } finally {
    await browser.close();
    server.close();
    await rm(work, { recursive: true });
  }
});
