// A real CRM export, imported by the command line and asked here, counted against the export's own rows.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { ROOT, folder, imported } from './installed.mjs';

const EXPORT = join(ROOT, '../shared/data/maven_crm');
const CLI = process.env.SIDELIGHT_CLI ?? join(ROOT, 'target/debug/sidelight');
const missing = [EXPORT, CLI].find((path) => !existsSync(path));

/** The rows of one of the export's files, which quote nothing. */
function rows(name) {
  const text = readFileSync(join(EXPORT, name), 'utf8').replace(/^\ufeff/, '');
  assert.ok(!text.includes('"'));
  const [header, ...lines] = text.trimEnd().split(/\r?\n/).map((line) => line.split(','));
  return lines.map((line) => Object.fromEntries(header.map((column, at) => [column, line[at]])));
}

test('the Maven export, as its own rows count it', { skip: missing && `there is no ${missing}` }, async (context) => {
  const output = join(folder(), 'maven.json');
  execFileSync(CLI, ['import', EXPORT, '--mapping', join(ROOT, 'demo/mappings/maven.toml'), '--output', output], { stdio: 'pipe' });
  const { Governance, init } = await imported();
  await init();
  const governance = Governance.load(readFileSync(output), { now: '2026-11-21T00:00:00Z' });
  const { users, records } = governance.toJSON();

  /** How many opportunities a person sees, by every road to the number. */
  const seen = (user) => {
    const { total, ids } = governance.visible(user, 'opportunity');
    const positions = governance.visibleIndices(user, 'opportunity');
    assert.equal(ids.length, total);
    assert.equal(positions.length, total);
    return { total, ids, positions };
  };

  await context.test('8,800 opportunities, 85 accounts, 41 people, and no account owner', () => {
    assert.equal(records.filter(({ type }) => type === 'opportunity').length, 8_800);
    assert.equal(records.filter(({ type }) => type === 'account').length, 85);
    assert.equal(records.filter(({ type, owner }) => type === 'account' && owner).length, 0);
    assert.equal(users.length, 41);
    assert.equal(governance.visible('Melvin Marxen', 'opportunity').total, 1_929);
    assert.equal(governance.visible('Rocco Neubert', 'opportunity').total, 1_327);
  });

  const pipeline = rows('sales_pipeline.csv');
  const teams = rows('sales_teams.csv');
  const opportunities = records.filter(({ type }) => type === 'opportunity');

  await context.test('each manager sees exactly the opportunities of their agents', () => {
    const managers = [...new Set(teams.map(({ manager }) => manager))];
    assert.equal(managers.length, 6);
    for (const manager of managers) {
      const agents = new Set(teams.filter((row) => row.manager === manager).map((row) => row.sales_agent));
      const theirs = pipeline.filter((row) => agents.has(row.sales_agent)).map((row) => row.opportunity_id);
      const { ids, positions } = seen(manager);
      assert.deepEqual(ids.toSorted(), theirs.toSorted(), manager);
      assert.deepEqual([...positions].map((at) => opportunities[at].id), ids);
    }
  });

  await context.test('an agent sees only their own, and five agents see none', () => {
    const none = [];
    for (const { sales_agent: agent } of teams) {
      const theirs = pipeline.filter((row) => row.sales_agent === agent).map((row) => row.opportunity_id);
      assert.deepEqual(seen(agent).ids.toSorted(), theirs.toSorted(), agent);
      if (theirs.length === 0) none.push(agent);
    }
    assert.equal(teams.length, 35);
    assert.equal(none.length, 5);
  });

  await context.test('canMany and viewers agree with the lists', () => {
    const ids = opportunities.map(({ id }) => id);
    const answers = governance.canMany('Melvin Marxen', 'view', 'opportunity', ids);
    assert.equal(answers.reduce((sum, answer) => sum + answer, 0), 1_929);
    const [first] = governance.visible('Melvin Marxen', 'opportunity').ids;
    const viewers = governance.viewers('opportunity', first).map(({ user }) => user);
    assert.ok(viewers.includes('Melvin Marxen') && !viewers.includes('Rocco Neubert'));
  });
});
