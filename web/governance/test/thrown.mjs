// What a call throws, compared whole.

import assert from 'node:assert/strict';

/** Asserts that the call throws the package's own error with this code and, if given, this path. */
export function refuses({ GovernanceError }, call, code, path) {
  assert.throws(call, (error) => checked(GovernanceError, error, code, path));
}

/** The same for a promise. */
export async function rejects({ GovernanceError }, promise, code, path) {
  await assert.rejects(promise, (error) => checked(GovernanceError, error, code, path));
}

function checked(GovernanceError, error, code, path) {
  assert.ok(error instanceof GovernanceError, `not a GovernanceError: ${error?.stack ?? error}`);
  assert.equal(error.code, code, error.message);
  if (path !== undefined) assert.equal(error.path, path, error.message);
  assert.equal(error.name, 'GovernanceError');
  assert.ok(error.message.length > 0);
  return true;
}
