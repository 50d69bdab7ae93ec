// A small organisation that most tests ask: Ada leads Bo and Cy; Gil is a guest; Pam and Pia are partner users.

export const ORG = {
  format: 'sidelight.org/1',
  id: 'acme',
  name: 'Acme',
  timeZone: 'Europe/Berlin',
  roles: [
    { id: 'lead', name: 'Lead' },
    { id: 'rep', name: 'Rep', parent: 'lead' },
  ],
  profiles: [
    {
      id: 'sales',
      name: 'Sales',
      permissions: {
        account: { view: 'reports', create: 'all', edit: 'owned', assign: 'owned' },
        opportunity: { view: 'reports' },
      },
    },
    { id: 'partner', name: 'Partner' },
  ],
  users: [
    { id: 'ada', name: 'Ada', profile: 'sales', role: 'lead', jobRole: 'ae' },
    { id: 'bo', name: 'Bo', profile: 'sales', role: 'rep', jobRole: 'sdr' },
    { id: 'cy', name: 'Cy', profile: 'sales', role: 'rep' },
    { id: 'gil', name: 'Gil', profile: 'sales', role: 'rep', guest: { claimed: true, expiresAt: '2026-03-01T00:00:00Z' } },
    { id: 'pam', name: 'Pam', profile: 'partner', memberships: [{ company: 'umbrella', tier: 'manager', primary: true }] },
    { id: 'pia', name: 'Pia', profile: 'partner', memberships: [{ company: 'umbrella', tier: 'sales', primary: true }] },
  ],
  companies: [{ id: 'umbrella', name: 'Umbrella' }],
  records: [
    { type: 'account', id: 'globex', name: 'Globex', owner: 'bo', assigned: ['cy'], fields: { employees: 120 } },
    { type: 'account', id: 'initech', name: 'Initech', owner: 'cy', fields: { employees: 7 } },
    { type: 'account', id: 'hooli', name: 'Hooli', owner: 'gil' },
    { type: 'opportunity', id: 'deal-room', name: 'Deal room', owner: 'ada', account: 'globex' },
  ],
  deals: [
    { id: 'd1', name: 'First', company: 'umbrella', owner: 'pia', stage: 'Won', amount: '1250.50', currency: 'EUR' },
    { id: 'd2', name: 'Second', company: 'umbrella', owner: 'pam', stage: 'Open' },
  ],
};

/** An instant within the guest's term. */
export const NOW = '2026-02-01T00:00:00Z';

/** An organisation with nothing in it but what is given. */
export function org(parts = {}) {
  return { format: 'sidelight.org/1', id: 'o', name: 'O', timeZone: 'UTC', profiles: [], users: [], ...parts };
}
