// What is asked is checked before it crosses into the module: its glue would turn a wrong kind of value into a text, and
// a text that is no Unicode into another one, and the module would answer a question that nobody asked.

import { GovernanceError } from './error.js';

/** Refuses an argument. Its name stands for its path. */
export function invalid(name, message, details) {
  return new GovernanceError('invalid-argument', message, { path: `/${name}`, ...details });
}

/** What reading an argument gives. A getter or a proxy may throw anything, which is told as the argument's fault. */
export function reading(name, read) {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof GovernanceError) throw cause;
    throw invalid(name, `\`${name}\` cannot be read: ${said(cause)}`, { cause });
  }
}

/** UTF-16 units of a text, of a query, options or an edit as JSON, and of ids or changes as JSON. What is longer would
 * need more memory than the module can have, and end it. */
const TEXT_LIMIT = 2 ** 20;
const QUESTION_LIMIT = 16 * 2 ** 20;
const LIST_LIMIT = 128 * 2 ** 20;
/** How many ids are asked about at once. */
const IDS_LIMIT = 10_000_000;

function argumentTooLarge(name, size, limit, unit) {
  const message = `\`${name}\` has ${size} ${unit}, at most ${limit} are read`;
  return new GovernanceError('argument-too-large', message, { path: `/${name}` });
}

/** Requires a text: a user, an id, or a word that the module then knows or refuses. */
export function requireText(value, name) {
  if (typeof value !== 'string') {
    throw invalid(name, `\`${name}\` must be a string, not ${kindOf(value)}`);
  }
  if (value.length > TEXT_LIMIT) throw argumentTooLarge(name, value.length, TEXT_LIMIT, 'characters');
  if (!isUnicode(value)) {
    throw invalid(name, `\`${name}\` has half a surrogate pair and is no Unicode text`);
  }
}

/** Requires a text, or nothing at all. */
export function requireTextOrNothing(value, name) {
  if (value !== undefined) requireText(value, name);
}

/** More than a page shows. */
const MANY = 256;

/** A copy of a list of some texts, as many as a page may show; nothing where it is another thing. */
export function someTexts(ids) {
  try {
    if (!isArray(ids) || ids.length === 0 || ids.length >= MANY) return undefined;
    const texts = [];
    for (let index = 0; index < ids.length; index += 1) {
      const id = ids[index];
      if (typeof id !== 'string') return undefined;
      texts.push(id);
    }
    return texts;
  } catch {
    // It is read once more, and whatever is thrown there is told as the argument's fault.
    return undefined;
  }
}

/** The JSON of an array of ids. One text crosses faster than each id by itself. */
export function idsToJson(ids) {
  return reading('ids', () => {
    if (!isArray(ids)) {
      throw invalid('ids', `\`ids\` must be an array of strings, not ${kindOf(ids)}`);
    }
    if (ids.length > IDS_LIMIT) throw argumentTooLarge('ids', ids.length, IDS_LIMIT, 'items');
    for (let index = 0; index < ids.length; index += 1) requireText(ids[index], `ids/${index}`);
    return within(LIST_LIMIT, JSON.stringify(ids), 'ids');
  });
}

/** The JSON of a query or of options, or nothing where there is none. */
export function objectToQuestion(value, name) {
  return value === undefined ? undefined : objectToText(value, name);
}

/** The JSON of an edit of assigned users. */
export function editToJson(edit) {
  return objectToText(edit, 'edit');
}

function objectToText(value, name) {
  if (typeof value !== 'object' || value === null || isArray(value)) {
    throw invalid(name, `\`${name}\` must be an object, not ${kindOf(value)}`);
  }
  return within(QUESTION_LIMIT, valueToJson(value, name), name);
}

/** The JSON of a list of changes. */
export function changesToJson(changes) {
  if (!isArray(changes)) {
    throw invalid('changes', `\`changes\` must be an array of changes, not ${kindOf(changes)}`);
  }
  return within(LIST_LIMIT, valueToJson(changes, 'changes'), 'changes');
}

function within(limit, json, name) {
  if (json.length > limit) throw argumentTooLarge(name, json.length, limit, 'characters of JSON');
  return json;
}

function valueToJson(value, name) {
  let json;
  try {
    json = JSON.stringify(value, onlyJson);
  } catch (cause) {
    if (isTooDeep(cause)) {
      throw new GovernanceError('too-deep', `\`${name}\` is nested too deeply`, { path: `/${name}`, cause });
    }
    throw invalid(name, `\`${name}\` cannot be written as JSON: ${said(cause)}`, { cause });
  }
  if (json === undefined) throw invalid(name, `\`${name}\` cannot be written as JSON`);
  return json;
}

/** Whether there was no room on the stack: an error of another name in each engine. */
function isTooDeep(cause) {
  return cause instanceof RangeError || (cause instanceof Error && cause.name === 'InternalError');
}

/** JSON has no such values: left to itself, `JSON.stringify` would ask for everything up to nothing. */
function onlyJson(key, given) {
  // A number that is an object is written as the number.
  const value = typeof given === 'object' && tagOf(given) === 'Number' ? Number(given) : given;
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`\`${key}\` is ${value}`);
  }
  if (value === undefined && this[key] !== undefined) throw new TypeError(`\`${key}\` is written as nothing`);
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`\`${key}\` is a ${typeof value}`);
  }
  return value;
}

const encoder = new TextEncoder();

/** The bytes of an organisation that is given as object, as JSON text or as JSON bytes. */
export function documentToBytes(org, limit) {
  const bytes = reading('org', () => (isBytes(org) ? bytesOf(org) : undefined));
  if (bytes !== undefined) return withinDocument(limit, bytes);
  const text = typeof org === 'string' ? org : objectToJson(org);
  // Each UTF-16 unit is a byte or more, so a text that is too long need not be encoded first.
  if (text.length > limit) throw tooLarge(text.length, limit);
  if (!isUnicode(text)) throw malformed('the text has half a surrogate pair and is no Unicode text');
  return withinDocument(limit, encoder.encode(text));
}

function objectToJson(org) {
  if (typeof org !== 'object' || org === null) {
    throw invalid('org', `\`org\` must be an object, a string or bytes, not ${kindOf(org)}`);
  }
  let text;
  try {
    text = JSON.stringify(org);
  } catch (cause) {
    throw malformed(`the object cannot be written as JSON: ${said(cause)}`, { cause });
  }
  if (text === undefined) throw malformed('the object cannot be written as JSON');
  return text;
}

/** What a value is, also where it comes from another realm (a frame, a test runner) and `instanceof` fails. */
export function tagOf(value) {
  return Object.prototype.toString.call(value).slice(8, -1);
}

export function isBytes(value) {
  return ArrayBuffer.isView(value) || tagOf(value) === 'ArrayBuffer';
}

/** The bytes of a buffer or of a view of one. */
export function bytesOf(source) {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

// The module checks the size as well; here a document that is too large has not yet cost its memory, which WebAssembly
// never gives back.
function withinDocument(limit, bytes) {
  if (bytes.length > limit) throw tooLarge(bytes.length, limit);
  return bytes;
}

function tooLarge(size, limit) {
  const message = `the document has ${size} bytes or more, at most ${limit} are read`;
  return new GovernanceError('document-too-large', message, { path: '' });
}

function malformed(message, details) {
  return new GovernanceError('malformed-json', message, { path: '', ...details });
}

// A lone half of a surrogate pair. Engines that have `isWellFormed` answer much faster.
const LONE_SURROGATE = /\p{Surrogate}/u;
const isUnicode =
  typeof String.prototype.isWellFormed === 'function'
    ? (text) => text.isWellFormed()
    : (text) => !LONE_SURROGATE.test(text);

/** What a value is, for a message. */
export function kindOf(value) {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'object') return isArray(value) ? 'an array' : 'an object';
  return typeof value === 'number' ? `the number ${value}` : `a ${typeof value}`;
}

/** `Array.isArray`, which throws for a proxy that was revoked. */
function isArray(value) {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** What a caught value says, whatever it is: a getter or a `toJSON` may throw anything. */
function said(cause) {
  return cause instanceof Error ? String(cause.message) : 'something that is no error was thrown';
}
