// Hand-written JavaScript by somebody who has measured: people are numbers, whom a viewer reaches is a byte for each, and
// every record object has the numbers of its holders. This is what is left when nothing is looked up by text.

export function bytes({ org, reached }) {
  const numbers = new Map(org.users.map(({ id }, number) => [id, number]));
  const tables = new Map([...reached].map(([viewer, people]) => [viewer, table(people, numbers)]));
  // Written once, when the records arrive.
  for (const record of org.records) record.holders = [record.owner, ...record.assigned].map((id) => numbers.get(id));
  const sees = (people, { holders }) => {
    for (let at = 0; at < holders.length; at += 1) if (people[holders[at]] === 1) return true;
    return false;
  };
  return {
    name: 'JavaScript, `Uint8Array`',
    asks: (viewer) => {
      const people = tables.get(viewer);
      return (record) => sees(people, record);
    },
    lists: (viewer, records) => {
      const people = tables.get(viewer);
      const seen = [];
      for (let at = 0; at < records.length; at += 1) if (sees(people, records[at])) seen.push(at);
      return seen;
    },
    /** The first page, as an application writes it: those that pass, sorted, and the first of them. */
    page: (viewer, records, stage, limit) => {
      const people = tables.get(viewer);
      const found = records.filter((record) => record.fields.stage === stage && sees(people, record));
      found.sort((one, other) => other.fields.amount - one.fields.amount);
      return { total: found.length, ids: found.slice(0, limit).map(({ id }) => id) };
    },
  };
}

function table(people, numbers) {
  const bytes = new Uint8Array(numbers.size);
  for (const id of people) bytes[numbers.get(id)] = 1;
  return bytes;
}
