// Compiled, never run: every name and shape that the package promises, as a consumer writes them down.

import init, {
  init as named,
  initSync,
  Governance,
  GovernanceError,
  type Action,
  type AssignedEdit,
  type Assignees,
  type Change,
  type CrmRecord,
  type Deal,
  type Decision,
  type Diagnostic,
  type EditedAssigned,
  type Filter,
  type Grant,
  type Obstacle,
  type Org,
  type Page,
  type Pipeline,
  type PipelineQuery,
  type PredictOptions,
  type Prediction,
  type Profile,
  type Query,
  type RecordType,
  type SavedView,
  type Scope,
  type Tier,
  type Toggle,
  type User,
  type WasmSource,
} from '@sidelight/governance';

/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
function same<A, B>(_: Same<A, B>): void {}

same<Scope, 'denied' | 'owned' | 'reports' | 'peers' | 'all'>(true);
same<RecordType, 'account' | 'prospect' | 'opportunity' | 'task' | 'sequence' | 'mailing' | 'call' | 'meeting' | 'conversation'>(true);
same<Action, 'view' | 'create' | 'edit' | 'delete' | 'assign'>(true);
same<Tier, 'sales' | 'manager' | 'executive' | 'owner'>(true);
same<typeof init, typeof named>(true);
same<typeof init, (source?: WasmSource | { module_or_path: WasmSource }) => Promise<void>>(true);
same<typeof initSync, (module: BufferSource | WebAssembly.Module | { module: BufferSource | WebAssembly.Module }) => void>(true);

same<Governance['can'], (user: string, action: Action, type: RecordType, id?: string) => boolean>(true);
same<Governance['canMany'], (user: string, action: Action, type: RecordType, ids: string[]) => Uint8Array>(true);
same<Governance['actions'], (user: string, type: RecordType, id: string) => Action[]>(true);
same<Governance['explain'], (user: string, action: Action, type: RecordType, id?: string) => Decision>(true);
same<Governance['visible'], (user: string, type: RecordType, query?: Query) => Page>(true);
same<Governance['visibleIndices'], (user: string, type: RecordType, action?: Action) => Uint32Array>(true);
same<Governance['viewers'], (type: RecordType, id: string, action?: Action) => { user: string; grants: Grant[] }[]>(true);
same<Governance['assignees'], (viewer: string, type: RecordType, id: string) => Assignees>(true);
same<Governance['pipeline'], (user: string, query?: PipelineQuery) => Pipeline>(true);
same<Governance['explainDeal'], (user: string, id: string) => Decision>(true);
same<Governance['dealViewers'], (id: string) => { user: string; grants: Grant[] }[]>(true);
same<Governance['dealNotifications'], (id: string, actor: string) => string[]>(true);
same<Governance['predict'], (changes: Change[], options?: PredictOptions) => Prediction>(true);
same<PredictOptions, { users?: string[]; types?: (RecordType | 'deal')[]; action?: Action; sample?: number }>(true);
same<Governance['apply'], (changes: Change[]) => void>(true);
same<Governance['editAssigned'], (actor: string, edit: AssignedEdit) => EditedAssigned>(true);
same<Governance['predictAssigned'], (actor: string, edit: AssignedEdit) => EditedAssigned>(true);
same<EditedAssigned['changes'], Change[]>(true);
same<Org['views'], SavedView[] | undefined>(true);
same<Diagnostic['count'], number>(true);
same<Governance['nextChange'], () => string | null>(true);
same<Governance['diagnose'], () => Diagnostic[]>(true);
same<Governance['toJSON'], () => Org>(true);
same<Governance['setNow'], (now: string | number | null) => void>(true);
same<Governance['free'], () => void>(true);
same<Governance[typeof Symbol.dispose], () => void>(true);
same<Governance['revision'], number>(true);
same<Governance['viewer'], string | null>(true);
same<typeof Governance.load, (org: Org | string | Uint8Array, options?: { now?: string | number }) => Governance>(true);
same<GovernanceError['code'], string>(true);
same<Page, { total: number; ids: string[]; cursor: string | null }>(true);
same<Decision['obstacles'], Obstacle[]>(true);
same<Decision['remedies'], { changes: Change[]; text: string }[]>(true);
same<keyof Decision, 'allowed' | 'grants' | 'obstacles' | 'remedies' | 'advisory'>(true);

const profile: Profile = { id: 'p', name: 'P', permissions: { account: { view: 'reports' } }, toggles: { allDeals: true } };
const user: User = { id: 'u', name: 'U', profile: 'p', guest: null, memberships: [{ company: 'c', tier: 'sales' }] };
const record: CrmRecord = { type: 'account', id: 'a', owner: null, assigned: ['u', { user: 'u', jobRole: 'ae' }], fields: { a: 1, b: null } };
const deal: Deal = { id: 'd', company: 'c', owner: 'u', amount: '1.50' };
const toggle: Toggle = 'export';
const org: Org = {
  format: 'sidelight.org/1', id: 'o', name: 'O', timeZone: 'UTC',
  profiles: [profile], users: [user], records: [record], deals: [deal], settings: { reportsReach: 'held' },
};
const where: Filter = { all: [{ any: [{ text: 'x' }] }, { not: { field: 'size', min: 1, max: 'z' } }] };
const query: Query = { view: 'assigned-to-me', where, sort: [{ by: toggle, descending: true }], limit: 10, cursor: null };

export async function ask(source: URL): Promise<Page> {
  await init();
  await init(source);
  await init(fetch(source));
  await init({ module_or_path: new Uint8Array() });
  using governance = Governance.load(org, { now: Date.now() });
  try {
    // @ts-expect-error an action that there is not
    governance.can('u', 'fly', 'account', 'a');
    // @ts-expect-error a type that there is not
    governance.can('u', 'view', 'lead', 'a');
    // @ts-expect-error ids are texts
    governance.canMany('u', 'view', 'account', [1]);
    // @ts-expect-error an organisation is loaded
    new Governance();
    // @ts-expect-error a code is read, not written
    new GovernanceError('a', 'b').code = 'c';
  } catch (error) {
    if (error instanceof GovernanceError) same<typeof error.path, string | undefined>(true);
  }
  return governance.visible('u', 'account', query);
}
