import {
  changesToJson,
  documentToBytes,
  editToJson,
  idsToJson,
  invalid,
  kindOf,
  objectToQuestion,
  reading,
  requireText,
  requireTextOrNothing,
  someTexts,
} from './argument.js';
import { GovernanceError } from './error.js';
import { running } from './instance.js';
import { KnownIds } from './letterbox.js';

/** What only `load` has, so that nothing else constructs. */
const LOADED = Symbol();

/** A compiled organisation inside the module; its types and their meaning are in `index.d.ts`. */
export class Governance {
  #instance;
  /** The organisation's handle in the module; nothing after `free`. */
  #organisation;
  #letterbox;
  /** The numbers of the users and, by type, of the records that were asked about. */
  #users;
  #records;
  /** The words of the last quick question, and their numbers: most questions in a row have the same. */
  #words;
  /** Whether an answer may depend on the clock: without guests, and at an instant that was set, none does. */
  #needsClock;

  constructor(token, instance, organisation) {
    if (token !== LOADED) throw invalid('org', 'use `Governance.load`, not `new Governance`');
    this.#instance = instance;
    this.#organisation = organisation;
    this.#letterbox = instance.letterbox(organisation);
    const known = (find) => new KnownIds((id) => (this.#letterbox.leave(id) ? find(id.length) : undefined));
    this.#users = known((length) => organisation.userNumber(length));
    const types = [...instance.types.values()];
    this.#records = types.map((type) => known((length) => organisation.recordNumber(type, length)));
    this.#needsClock = organisation.needsClock();
  }

  static load(org, options = {}) {
    const instance = running();
    if (typeof options !== 'object' || options === null) {
      throw invalid('options', `\`options\` must be an object, not ${kindOf(options)}`);
    }
    const now = reading('options', () => options.now);
    if (now !== undefined) requireInstant(now);
    const limit = instance.ask((module) => module.documentLimit());
    const bytes = documentToBytes(org, limit);
    const organisation = instance.ask((module) => module.Organisation.load(bytes));
    const governance = new Governance(LOADED, instance, organisation);
    if (now !== undefined) {
      try {
        governance.setNow(now);
      } catch (error) {
        governance.free();
        throw error;
      }
    }
    return governance;
  }

  setNow(now) {
    if (now !== null) requireInstant(now);
    this.#ask((organisation) => {
      if (now === null) organisation.followClock();
      else if (typeof now === 'string') organisation.setNow(now);
      else organisation.setNowMilliseconds(now);
      this.#needsClock = organisation.needsClock();
    });
  }

  get revision() {
    return this.#ask((organisation) => organisation.revision());
  }

  get viewer() {
    return this.#ask((organisation) => organisation.viewer() ?? null);
  }

  can(user, action, type, id) {
    const quick = this.#canQuickly(user, action, type, id);
    if (quick !== undefined) return quick;
    requireQuestion(user, action, type, id);
    return this.#ask((organisation, clock) => organisation.can(clock, user, action, type, id));
  }

  canMany(user, action, type, ids) {
    const quick = this.#canManyQuickly(user, action, type, ids);
    if (quick !== undefined) return quick;
    requireQuestion(user, action, type);
    const json = idsToJson(ids);
    return this.#ask((organisation, clock) => organisation.canMany(clock, user, action, type, json));
  }

  actions(user, type, id) {
    requireText(user, 'user');
    requireRecord(type, id);
    return this.#ask((organisation, clock) => JSON.parse(organisation.actions(clock, user, type, id)));
  }

  explain(user, action, type, id) {
    requireQuestion(user, action, type, id);
    return this.#ask((organisation, clock) => JSON.parse(organisation.explain(clock, user, action, type, id)));
  }

  visible(user, type, query) {
    requireText(user, 'user');
    requireText(type, 'type');
    const json = objectToQuestion(query, 'query');
    return this.#ask((organisation, clock) => JSON.parse(organisation.visible(clock, user, type, json)));
  }

  visibleIndices(user, type, action = 'view') {
    const quick = this.#visibleQuickly(user, type, action);
    if (quick !== undefined) return quick;
    requireQuestion(user, action, type);
    return this.#ask((organisation, clock) => organisation.visibleIndices(clock, user, type, action));
  }

  viewers(type, id, action = 'view') {
    requireRecord(type, id);
    requireText(action, 'action');
    return this.#ask((organisation, clock) => JSON.parse(organisation.viewers(clock, type, id, action)));
  }

  assignees(viewer, type, id) {
    requireText(viewer, 'viewer');
    requireRecord(type, id);
    return this.#ask((organisation, clock) => JSON.parse(organisation.assignees(clock, viewer, type, id)));
  }

  pipeline(user, query) {
    requireText(user, 'user');
    const json = objectToQuestion(query, 'query');
    return this.#ask((organisation, clock) => JSON.parse(organisation.pipeline(clock, user, json)));
  }

  explainDeal(user, id) {
    requireText(user, 'user');
    requireText(id, 'id');
    return this.#ask((organisation, clock) => JSON.parse(organisation.explainDeal(clock, user, id)));
  }

  dealViewers(id) {
    requireText(id, 'id');
    return this.#ask((organisation, clock) => JSON.parse(organisation.dealViewers(clock, id)));
  }

  dealNotifications(id, actor) {
    requireText(id, 'id');
    requireText(actor, 'actor');
    return this.#ask((organisation, clock) => JSON.parse(organisation.dealNotifications(clock, id, actor)));
  }

  predict(changes, options) {
    const list = changesToJson(changes);
    const json = objectToQuestion(options, 'options');
    return this.#ask((organisation, clock) => JSON.parse(organisation.predict(clock, list, json)));
  }

  apply(changes) {
    const list = changesToJson(changes);
    this.#ask((organisation) => {
      organisation.apply(list);
      this.#needsClock = organisation.needsClock();
    });
  }

  slice(user) {
    requireText(user, 'user');
    return this.#ask((organisation, clock) => organisation.slice(clock, user));
  }

  predictAssigned(actor, edit) {
    requireText(actor, 'actor');
    const json = editToJson(edit);
    return this.#ask((organisation, clock) => JSON.parse(organisation.predictAssigned(clock, actor, json)));
  }

  editAssigned(actor, edit) {
    requireText(actor, 'actor');
    const json = editToJson(edit);
    return this.#ask((organisation, clock) => JSON.parse(organisation.editAssigned(clock, actor, json)));
  }

  nextChange() {
    return this.#ask((organisation, clock) => organisation.nextChange(clock) ?? null);
  }

  diagnose() {
    return this.#ask((organisation, clock) => JSON.parse(organisation.diagnose(clock)));
  }

  toJSON() {
    return this.#ask((organisation) => JSON.parse(organisation.toJson()));
  }

  free() {
    const organisation = this.#organisation;
    this.#organisation = undefined;
    // What a trap has ended takes its memory with it.
    if (organisation !== undefined && !this.#instance.trapped) this.#instance.ask(() => organisation.free());
  }

  /**
   * `can` by the numbers of what the ids name; nothing where something about the question is unusual or wrong. Then it
   * is asked as any other, and refused there with the reason.
   */
  #canQuickly(user, action, type, id) {
    const clock = this.#clock();
    if (typeof id !== 'string' || !this.#isQuick(user)) return undefined;
    const words = this.#numbered(action, type);
    if (words === undefined) return undefined;
    try {
      const userNumber = this.#users.number(user);
      const record = words.records.number(id);
      if (userNumber === undefined || record === undefined) return undefined;
      return this.#organisation.canQuickly(clock, userNumber, words.actionNumber, words.typeNumber, record);
    } catch (thrown) {
      throw this.#instance.told(thrown);
    }
  }

  /** `canMany` in the same way, for as many as a page shows: whoever asks about more at once seldom asks again. */
  #canManyQuickly(user, action, type, ids) {
    // Reading a list may run code of its owner's, which may free the organisation: it is looked at before anything else.
    const asked = someTexts(ids);
    const clock = this.#clock();
    if (asked === undefined || !this.#isQuick(user)) return undefined;
    const words = this.#numbered(action, type);
    if (words === undefined) return undefined;
    try {
      const userNumber = this.#users.number(user);
      if (userNumber === undefined) return undefined;
      const numbers = new Uint32Array(asked.length);
      for (let place = 0; place < asked.length; place += 1) {
        const record = words.records.number(asked[place]);
        if (record === undefined) return undefined;
        numbers[place] = record;
      }
      const { actionNumber, typeNumber } = words;
      return this.#organisation.canManyQuickly(clock, userNumber, actionNumber, typeNumber, numbers);
    } catch (thrown) {
      throw this.#instance.told(thrown);
    }
  }

  /** `visibleIndices` in the same way, with the user's id in the letterbox. */
  #visibleQuickly(user, type, action) {
    const clock = this.#clock();
    if (!this.#isQuick(user)) return undefined;
    const words = this.#numbered(action, type);
    if (words === undefined || !this.#letterbox.leave(user)) return undefined;
    try {
      const { actionNumber, typeNumber } = words;
      const count = this.#organisation.visibleQuickly(clock, user.length, actionNumber, typeNumber);
      return count === undefined ? undefined : this.#letterbox.numbers(this.#organisation.positions(), count);
    } catch (thrown) {
      throw this.#instance.told(thrown);
    }
  }

  /** Whether a question with this user can be asked in a quick way at all. */
  #isQuick(user) {
    return typeof user === 'string' && this.#organisation !== undefined && !this.#instance.trapped;
  }

  /** The words of a question with their numbers; nothing if one of them is unknown. */
  #numbered(action, type) {
    const last = this.#words;
    if (last !== undefined && last.action === action && last.type === type) return last;
    const actionNumber = this.#instance.actions.get(action);
    const typeNumber = this.#instance.types.get(type);
    if (actionNumber === undefined || typeNumber === undefined) return undefined;
    this.#words = { action, type, actionNumber, typeNumber, records: this.#records[typeNumber] };
    return this.#words;
  }

  /** The clock, where it counts. A page may have put another one in its place, which does whatever it likes: it is asked first. */
  #clock() {
    return this.#needsClock ? Number(Date.now()) : 0;
  }

  /** Asks the organisation, with the clock for one that follows it. */
  #ask(question) {
    const clock = Number(Date.now());
    if (this.#organisation === undefined) {
      throw new GovernanceError('freed', 'the organisation was freed and answers no more');
    }
    return this.#instance.ask(() => question(this.#organisation, clock));
  }
}

// Where a language has no `using` yet there is no such symbol, and nothing to dispose of.
if (Symbol.dispose) {
  Object.defineProperty(Governance.prototype, Symbol.dispose, {
    value: Governance.prototype.free,
    configurable: true,
    writable: true,
  });
}

function requireQuestion(user, action, type, id) {
  requireText(user, 'user');
  requireText(action, 'action');
  requireText(type, 'type');
  requireTextOrNothing(id, 'id');
}

function requireRecord(type, id) {
  requireText(type, 'type');
  requireText(id, 'id');
}

function requireInstant(now) {
  if (typeof now === 'number') {
    if (Number.isFinite(now)) return;
    throw invalid('now', `\`now\` must be a number of milliseconds, not ${now}`);
  }
  if (typeof now !== 'string') {
    throw invalid('now', `\`now\` must be milliseconds or an RFC 3339 text, not ${kindOf(now)}`);
  }
  requireText(now, 'now');
}
