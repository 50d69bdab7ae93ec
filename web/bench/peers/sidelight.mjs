// This project's package. It is asked with ids; the peers are handed the record, already in JavaScript.

export function sidelight({ Governance }, bytes) {
  const governance = Governance.load(bytes);
  return {
    name: 'Sidelight',
    governance,
    asks: (viewer) => ({ id }) => governance.can(viewer, 'view', 'opportunity', id),
    lists: (viewer) => governance.visibleIndices(viewer, 'opportunity'),
  };
}
