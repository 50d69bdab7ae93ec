// Ids are strings; an id is only compared with ids of its own kind. Instants are RFC 3339 in UTC. Amounts are decimal
// strings. What `load` reads is JSON, so a value that JSON does not have counts as `JSON.stringify` writes it.

/// <reference lib="esnext.disposable" />

// ── the organisation ────────────────────────────────────────────────────────────────────────────────────

/** How far a permission reaches; each one contains the one before. */
export type Scope = "denied" | "owned" | "reports" | "peers" | "all";
export type RecordType = "account" | "prospect" | "opportunity" | "task" | "sequence" | "mailing" | "call" | "meeting" | "conversation";
export type Action = "view" | "create" | "edit" | "delete" | "assign";
export type Toggle = "prospectsInAccount" | "allDeals" | "modifyJobRoles" | "manageUsers" | "manageRoles" | "manageProfiles"
  | "manageGuests" | "manageCompanies" | "manageTriggers" | "provision" | "export";
/** A partner user's standing at one company: Sales, Manager, Executive, Account Owner. */
export type Tier = "sales" | "manager" | "executive" | "owner";

export interface Org {
  format: "sidelight.org/1";
  id: string;
  name: string;
  /** An IANA name; the rules never resolve it. */
  timeZone: string;
  /** Absent: `multiUserAssignment` is true, `reportsReach` is `accessible`. */
  settings?: { multiUserAssignment?: boolean; reportsReach?: "accessible" | "held" };
  /** Absent: ae, bdr, csm, sdr. */
  jobRoles?: { id: string; name: string }[];
  roles?: { id: string; name: string; parent?: string | null }[];
  profiles: Profile[];
  users: User[];
  companies?: { id: string; name: string; accountOwnerEmail?: string | null }[];
  records?: CrmRecord[];
  deals?: Deal[];
  /** The views that users saved. */
  views?: SavedView[];
}
export interface Profile {
  id: string;
  name: string;
  /** Answers `all` and permitted to everything. */
  admin?: boolean;
  /** What is absent is denied. */
  permissions?: { [T in RecordType]?: { [A in Action]?: Scope } };
  toggles?: { [T in Toggle]?: boolean };
}
export interface User {
  id: string;
  name: string;
  email?: string | null;
  profile: string;
  role?: string | null;
  jobRole?: string | null;
  /** The license that the account uses, as the organisation calls it. Decides nothing. */
  license?: string | null;
  /** The region that the user works in, as the organisation calls it. Decides nothing. */
  region?: string | null;
  /** Absent: active. */
  status?: "active" | "locked";
  guest?: { claimed: boolean; expiresAt: string; revokedAt?: string | null; sponsor?: string | null } | null;
  memberships?: { company: string; tier: Tier; primary?: boolean }[];
}
export interface CrmRecord {
  type: RecordType;
  /** Unique within its type. */
  id: string;
  name?: string;
  owner?: string | null;
  assigned?: (string | { user: string; jobRole?: string | null })[];
  /** The id of a record of type account. */
  account?: string | null;
  fields?: { [name: string]: string | number | boolean | null };
}
export interface Deal {
  id: string;
  name?: string;
  company: string;
  /** Who it is for. */
  owner: string;
  /** Absent: the owner. */
  registeredBy?: string | null;
  ownerTier?: Tier | null;
  stage?: string;
  amount?: string | null;
  currency?: string | null;
  expectedClose?: string | null;
  createdAt?: string | null;
}

/** A view that a user saved: it is its user's alone, and lists what that user sees. */
export interface SavedView {
  /** Unique among views; not `assigned-to-me`. */
  id: string;
  user: string;
  name: string;
  type: RecordType;
  where?: Filter | null;
  sort?: { by: string; descending?: boolean }[] | null;
  /** Absent: view. */
  action?: "view" | "edit" | "delete" | "assign" | null;
}

// ── loading ─────────────────────────────────────────────────────────────────────────────────────────────

export type WasmSource = string | URL | Request | Response | BufferSource | WebAssembly.Module | Promise<Response>;

/**
 * Starts the module; awaited once, before anything else.
 *
 * Idempotent: calls at the same time share one promise, and a call after success does nothing. A call that failed can be
 * repeated. In a browser the module is fetched beside the script unless a source is given; in Node it is read from disk.
 * After an error with code `trapped` it starts the module anew, from the same source unless another is given.
 */
declare function init(source?: WasmSource | { module_or_path: WasmSource }): Promise<void>;
export { init, init as default };

/** Starts the module at once, from its bytes or compiled. */
export function initSync(module: BufferSource | WebAssembly.Module | { module: BufferSource | WebAssembly.Module }): void;

/** Everything that is thrown. */
export class GovernanceError extends Error {
  constructor(code: string, message: string, details?: { path?: string; cause?: unknown });
  /** Stable; the package's README lists the codes. */
  readonly code: string;
  /** Points into the organisation or the query, as a JSON pointer; or names an argument, `/user` for one. */
  readonly path?: string;
}

/**
 * A compiled organisation. It holds its own data; nothing is sent again per question.
 *
 * Every method throws a GovernanceError for arguments that make no question, with the argument's name as path. An id
 * that names nothing makes a question like any other: what does not exist is not allowed, seen or listed.
 */
export class Governance {
  private constructor();
  /** From an organisation as object, JSON text or JSON bytes, or from a slice's bytes. Throws a GovernanceError on a bad one, and loads nothing. */
  static load(org: Org | string | Uint8Array, options?: { now?: string | number }): Governance;
  /** The instant that questions are asked at; milliseconds or RFC 3339. Default: Date.now() at each question. `null` returns to that. */
  setNow(now: string | number | null): void;
  /** Counts the changes since loading. */
  readonly revision: number;
  /** The viewer whose slice of an organisation this is; `null` for a whole one. */
  readonly viewer: string | null;
  /** Gives the memory back; what is asked afterwards throws code `freed`. A handle that is collected is freed by itself. */
  free(): void;
  [Symbol.dispose](): void;

  // ── CRM records ───────────────────────────────────────────────────────────────────────────────────────
  /** May the user? `id` is absent only for `create`. */
  can(user: string, action: Action, type: RecordType, id?: string): boolean;
  /** The same for many records at once: 0 or 1 each. */
  canMany(user: string, action: Action, type: RecordType, ids: string[]): Uint8Array;
  /** What the user may do to the record, `create` apart. */
  actions(user: string, type: RecordType, id: string): Action[];
  /** May the user, and why? */
  explain(user: string, action: Action, type: RecordType, id?: string): Decision;
  /** The records that the user sees, or may act on with `query.action`. */
  visible(user: string, type: RecordType, query?: Query): Page;
  /** Positions in load order among the records of the type, for a caller that keeps its own columns. */
  visibleIndices(user: string, type: RecordType, action?: Action): Uint32Array;
  /** Who else sees the record, or may act on it, and why. */
  viewers(type: RecordType, id: string, action?: Action): { user: string; grants: Grant[] }[];
  /** The people on the record, as far as the viewer is shown them. */
  assignees(viewer: string, type: RecordType, id: string): Assignees;
  // ── partner deals ─────────────────────────────────────────────────────────────────────────────────────
  /** The deals that the user sees, with totals over all of them. */
  pipeline(user: string, query?: PipelineQuery): Pipeline;
  /** Does the user see the deal, and why? */
  explainDeal(user: string, id: string): Decision;
  /** Who sees the deal, and why. */
  dealViewers(id: string): { user: string; grants: Grant[] }[];
  /** Whom a registration of the deal, or a change of its owner, stage, amount or expected close, is told; never the actor. */
  dealNotifications(id: string, actor: string): string[];
  // ── change ────────────────────────────────────────────────────────────────────────────────────────────
  /** What would change for whom, without changing anything. */
  predict(changes: Change[], options?: PredictOptions): Prediction;
  /** All or nothing; throws a GovernanceError whose `path` begins with the number of the change that is refused. */
  apply(changes: Change[]): void;
  /** What `editAssigned` would do, without doing it. */
  predictAssigned(actor: string, edit: AssignedEdit): EditedAssigned;
  /**
   * Edits the assigned users of many records in the name of the actor, who needs to see each record and may assign it.
   * Each record is changed as a whole, was so already, or is refused by itself. Throws a GovernanceError for an edit that
   * contradicts itself (`contradictory-edit`) or is of a type without assigned users (`not-assignable`).
   */
  editAssigned(actor: string, edit: AssignedEdit): EditedAssigned;
  /** The next instant at which an answer changes by itself, because a guest term ends, or null. */
  nextChange(): string | null;
  // ── the organisation itself ───────────────────────────────────────────────────────────────────────────
  /** What is doubtful in the organisation's data. */
  diagnose(): Diagnostic[];
  /** The organisation, as `load` reads it. */
  toJSON(): Org;
}

// ── answers ─────────────────────────────────────────────────────────────────────────────────────────────

export interface Grant {
  rule: "owner" | "assigned" | "report" | "peer" | "all" | "lifted" | "account" | "create"
    | "deal-owner" | "registrar" | "tier" | "account-owner" | "vendor";
  /** The holder, or the report whose own scope is `all`. */
  user?: string;
  /** From the viewer's role down to that user's. */
  roles?: string[];
  account?: string;
  company?: string;
  /** One English sentence. */
  text: string;
}
export interface Obstacle {
  code: "unknown-user" | "locked" | "guest-unclaimed" | "guest-expired" | "guest-revoked" | "guest-admin" | "unknown-record"
    | "permission-denied" | "not-a-holder" | "outside-reports" | "view-denied" | "lateral" | "higher-tier" | "other-company" | "no-tier";
  holders?: { user: string; relation: "same-role" | "above" | "other-branch" | "no-role" | "unknown" }[];
  text: string;
}
export interface Decision {
  allowed: boolean;
  /** All of them; empty when refused. */
  grants: Grant[];
  /** Empty when allowed. */
  obstacles: Obstacle[];
  /** The smallest single changes that would grant it, each verified to do so; empty when allowed. */
  remedies: { changes: Change[]; text: string }[];
  /** True when asked on a slice about somebody else than its viewer. */
  advisory: boolean;
}
export interface Query {
  /** Absent: the view's, else view. */
  action?: Action;
  /** `assigned-to-me`, or the id of a view that the asking user saved for the type. */
  view?: "assigned-to-me" | string;
  /** Together with the view's filter. */
  where?: Filter;
  /** Absent: the view's. */
  sort?: { by: string; descending?: boolean }[];
  /** No silent truncation: `total` is always the full count. */
  limit?: number;
  cursor?: string | null;
}
export type Filter =
  | { all: Filter[] } | { any: Filter[] } | { not: Filter }
  | { assigned: string[] } | { owner: string[] } | { jobRole: string[] } | { account: string[] } | { text: string }
  | { field: string; is?: string | number | boolean | null; min?: number | string; max?: number | string };
export interface Page { total: number; ids: string[]; cursor: string | null }
export interface Assignees {
  rows: { user: string; name: string; isOwner: boolean; isAssigned: boolean; jobRole: string | null; jobRoleName: string | null; status: "active" | "locked" | "guest" | "expired" }[];
  /** How many more there are whom the viewer is not shown. */
  hidden: number;
  mayAssign: boolean;
}
export interface PipelineQuery { stage?: string[]; company?: string[]; owner?: string[]; text?: string; sort?: { by: string; descending?: boolean }[]; limit?: number; cursor?: string | null }
export interface Pipeline {
  total: number;
  rows: { id: string; name: string; company: string; owner: string; registeredBy: string; stage: string; amount: string | null; currency: string | null;
          expectedClose: string | null; grants: Grant["rule"][]; interactions: ("view" | "edit" | "reassign")[] }[];
  totals: { stage: string; currency: string | null; count: number; amount: string }[];
  cursor: string | null;
}
/** A change to an organisation. */
export type Change =
  | { op: "assign"; type: RecordType; id: string; user: string; jobRole?: string | null }
  | { op: "unassign"; type: RecordType; id: string; user: string }
  | { op: "setOwner"; type: RecordType; id: string; owner: string | null }
  | { op: "setRole"; user: string; role: string | null }
  | { op: "setProfile"; user: string; profile: string }
  | { op: "setStatus"; user: string; status: "active" | "locked" }
  | { op: "setPermission"; profile: string; type: RecordType; action: Action; scope: Scope }
  | { op: "setToggle"; profile: string; toggle: Toggle; permitted: boolean }
  | { op: "moveRole"; role: string; parent: string | null }
  | { op: "setGuest"; user: string; expiresAt?: string; claimed?: boolean; revokedAt?: string | null }
  | { op: "setTier"; user: string; company: string; tier: Tier | null; primary?: boolean }
  | { op: "setDealOwner"; deal: string; owner: string }
  | { op: "put"; kind: "jobRole" | "role" | "profile" | "user" | "company" | "record" | "deal" | "settings" | "view"; value: object }
  | { op: "remove"; kind: "role" | "profile" | "user" | "company" | "record" | "deal" | "view"; id: string; type?: RecordType };
/** An edit of the assigned users of many records: some are added and removed, or all are replaced. */
export interface AssignedEdit {
  type: RecordType;
  ids: string[];
  /** Without a job role, an assignment keeps the one that it has. */
  add?: (string | { user: string; jobRole?: string | null })[] | null;
  remove?: string[] | null;
  /** Neither with `add` nor with `remove`. */
  replace?: (string | { user: string; jobRole?: string | null })[] | null;
}
export interface EditedAssigned {
  /** One for each id of the edit, in its order. `path` points into the edit. */
  results: { id: string; outcome: "changed" | "unchanged" | "refused"; refusal?: { code: string; path: string; message: string } }[];
  /** What makes it so, as `apply` takes it. */
  changes: Change[];
}
export interface PredictOptions {
  /** Only for these users. */
  users?: string[];
  types?: (RecordType | "deal")[];
  /** Absent: view. */
  action?: Action;
  /** At most so many ids in each list of a row; absent: 20. */
  sample?: number;
}
export interface Prediction {
  /** Only users with a difference. */
  rows: { user: string; type: RecordType | "deal"; gained: number; lost: number; gainedIds: string[]; lostIds: string[] }[];
  gained: number;
  lost: number;
}
export interface Diagnostic {
  code: "role-cycle" | "missing-parent" | "unknown-member" | "unknown-reference" | "duplicate-name" | "guest-admin" | "guest-expiring"
    | "guest-wide-reach" | "shared-lead" | "no-primary-company" | "orphaned-record" | "lifted-reach" | "owner-not-assigned"
    | "unused-profile" | "scope-without-reach" | "scope-beyond-view" | "toggle-without-effect" | string;
  severity: "error" | "warning" | "info";
  subjects: { kind: string; id: string }[];
  /** How much there is of it, in a unit of the code's own: records, roles, settings and so on. */
  count: number;
  text: string;
}
