// Runs the conformance cases (see `conformance/README.md`) on the package, in any environment.

/**
 * Runs the cases of a file.
 * @returns {{ name: string, fault?: string }[]} each case, and what is wrong with the answer if something is
 */
export function run(file, { Governance, GovernanceError }) {
  return file.cases.map((test) => {
    const name = `${file.section}: ${test.name}`;
    let answer;
    try {
      answer = ask(file, test, Governance);
    } catch (error) {
      if (!(error instanceof GovernanceError)) return { name, fault: `threw no GovernanceError but ${error}` };
      if (test.error === undefined) return { name, fault: `was refused: ${error.code}: ${error.message}` };
      return { name, fault: mismatch(error, test.error, 'error') };
    }
    if (test.error !== undefined) return { name, fault: `was not refused with ${test.error.code}` };
    return { name, fault: 'includes' in test ? missing(answer, test.includes) : mismatch(answer, test.expect, 'answer') };
  });
}

function ask(file, test, Governance) {
  const document = test.text ?? (typeof test.org === 'string' ? file.orgs[test.org] : test.org);
  let governance = Governance.load(document);
  try {
    governance.setNow(test.now ?? file.now);
    if (test.changes) governance.apply(test.changes);
    if (test.slice !== undefined) {
      const bytes = governance.slice(test.slice);
      governance.free();
      governance = Governance.load(bytes, { now: test.now ?? file.now });
    }
    return test.ask.call === 'load' ? null : governance[test.ask.call](...test.ask.args);
  } finally {
    governance.free();
  }
}

/** Where and how an answer does not match; nothing if it does. */
function mismatch(answer, expected, place) {
  if (ArrayBuffer.isView(answer)) answer = [...answer];
  if (Array.isArray(expected)) {
    if (!Array.isArray(answer)) return differs(answer, expected, place);
    if (answer.length !== expected.length) return differs(answer, expected, place);
    return first(expected, (item, index) => mismatch(answer[index], item, `${place}[${index}]`));
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof answer !== 'object' || answer === null) return differs(answer, expected, place);
    return first(Object.entries(expected), ([key, value]) =>
      key in answer ? mismatch(answer[key], value, `${place}.${key}`) : `${place} has no ${key}`,
    );
  }
  return Object.is(answer, expected) ? undefined : differs(answer, expected, place);
}

function missing(answer, expected) {
  return first(expected, (item) =>
    [...answer].some((given) => mismatch(given, item, '') === undefined) ? undefined : `no item is like ${JSON.stringify(item)}`,
  );
}

function first(items, fault) {
  for (const [index, item] of items.entries()) {
    const found = fault(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function differs(answer, expected, place) {
  return `${place} is ${JSON.stringify(answer)}, expected ${JSON.stringify(expected)}`;
}
