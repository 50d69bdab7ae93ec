// Hand-written JavaScript, as most applications have it: the people a viewer reaches are a `Set` of ids, worked out once.

export function set({ reached }) {
  const sees = (people, { owner, assigned }) => {
    if (people.has(owner)) return true;
    for (const user of assigned) if (people.has(user)) return true;
    return false;
  };
  return {
    name: 'JavaScript, `Set`',
    asks: (viewer) => {
      const people = reached.get(viewer);
      return (record) => sees(people, record);
    },
    lists: (viewer, records) => {
      const people = reached.get(viewer);
      const seen = [];
      for (let at = 0; at < records.length; at += 1) if (sees(people, records[at])) seen.push(at);
      return seen;
    },
  };
}
