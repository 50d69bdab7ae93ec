// The module's life: started once, refused before, ended by a trap, started anew.

import { bind } from 'sidelight:bindings';

import { bytesOf, invalid, isBytes, kindOf, tagOf } from './argument.js';
import { GovernanceError } from './error.js';
import { Letterbox, numbered } from './letterbox.js';

/**
 * A running instance of the module, with bindings of its own.
 *
 * After a trap (a panic, an exhausted stack, no more memory) nothing is known about the instance's memory, so it is
 * never entered again. The bindings keep their instance and views of its memory in variables; with bindings of its own,
 * an instance is given up together with everything that refers to it, and handles of one never reach another.
 */
export class Instance {
  /** The numbers of the actions and of the record types in quick questions. */
  actions;
  types;
  #bindings;
  #memory;
  #trapped = false;

  constructor(module) {
    const instance = this;
    // The bindings free what was collected by calling into the module: no more after a trap.
    const Registry = globalThis.FinalizationRegistry && class extends globalThis.FinalizationRegistry {
      constructor(free) {
        super((held) => {
          if (!instance.#trapped) free(held);
        });
      }
    };
    this.#bindings = bind(Registry);
    // The module is compiled already, so this takes no time worth waiting for.
    this.#memory = this.#bindings.initSync({ module }).memory;
    const version = this.#bindings.version();
    if (version !== VERSION) throw new TypeError(`it is version ${version}, and this script is version ${VERSION}`);
    this.actions = numbered(this.#bindings.actions());
    this.types = numbered(this.#bindings.types());
  }

  /** Where an organisation's quick questions are left. */
  letterbox(organisation) {
    return new Letterbox(this.#memory, organisation.letterbox(), this.#bindings.letterboxSize());
  }

  get trapped() {
    return this.#trapped;
  }

  /** Asks the module. What the module throws becomes a GovernanceError. */
  ask(question) {
    if (this.#trapped) throw trapped();
    try {
      return question(this.#bindings);
    } catch (thrown) {
      throw this.told(thrown);
    }
  }

  /** What the module has thrown, as a GovernanceError. */
  told(thrown) {
    // The module's own errors are one text, like its answers.
    if (typeof thrown === 'string') {
      const { code, message, path } = JSON.parse(thrown);
      return new GovernanceError(code, message, { path });
    }
    this.#trapped = true;
    if (current === this) starting = undefined;
    return trapped(thrown);
  }
}

function trapped(cause) {
  const message = 'the module has failed and its organisations are lost; call `init` and load them again';
  return new GovernanceError('trapped', message, { cause });
}

/** @type {Instance | undefined} */
let current;
/** The module of `current`, from which another instance can be made. */
let compiled;
/** What `init` returns until it fails or the instance traps. @type {Promise<void> | undefined} */
let starting;

/** The instance that loads organisations. */
export function running() {
  if (current === undefined) {
    throw new GovernanceError('not-initialised', 'call `init` and await it, or `initSync`, before anything else');
  }
  return current;
}

function isReady() {
  return current !== undefined && !current.trapped;
}

function start(module) {
  current = new Instance(module);
  compiled = module;
}

/**
 * Makes `init` for an environment.
 * @param {() => URL} beside names the module that lies beside the script
 * @param {(source: string | URL | Request) => Promise<Response | BufferSource>} open gets what a source names
 */
export function initialiser(beside, open) {
  async function begin(source) {
    const module = await moduleFrom(await source, beside, open);
    // In the meantime `initSync` may have been quicker.
    if (!isReady()) start(module);
  }

  return function init(source) {
    if (starting !== undefined) return starting;
    const attempt = begin(source).catch((error) => {
      if (starting === attempt) starting = undefined;
      throw failed(error);
    });
    starting = attempt;
    return attempt;
  };
}

export function initSync(source) {
  if (isReady()) return;
  const given = tagOf(source) === 'Object' && 'module' in source ? source.module : source;
  const isModule = tagOf(given) === 'WebAssembly.Module';
  if (!isModule && !isBytes(given)) {
    throw invalid('module', `\`module\` must be a WebAssembly.Module or its bytes, not ${kindOf(given)}`);
  }
  try {
    start(isModule ? given : new WebAssembly.Module(bytesOf(given)));
  } catch (error) {
    throw failed(error);
  }
  starting = Promise.resolve();
}

async function moduleFrom(source, beside, open) {
  const given = tagOf(source) === 'Object' && 'module_or_path' in source ? await source.module_or_path : source;
  if (given === undefined) return compiled ?? compile(await open(beside()));
  switch (tagOf(given)) {
    case 'WebAssembly.Module':
      return given;
    case 'String':
    case 'URL':
    case 'Request':
      return compile(await open(given));
    default:
      if (tagOf(given) === 'Response' || isBytes(given)) return compile(given);
      throw invalid('source', `\`source\` must name, hold or be a WebAssembly module, not be ${kindOf(given)}`);
  }
}

async function compile(source) {
  if (isBytes(source)) return WebAssembly.compile(bytesOf(source));
  if (!source.ok) throw new Error(`\`${source.url}\` answers with HTTP ${source.status}`);
  // Engines compile while the bytes arrive, but only if the server calls them by this name.
  if (source.headers.get('Content-Type') === 'application/wasm' && WebAssembly.compileStreaming) {
    return WebAssembly.compileStreaming(source);
  }
  return WebAssembly.compile(await source.arrayBuffer());
}

function failed(error) {
  if (error instanceof GovernanceError) return error;
  const reason = error instanceof Error ? `: ${error.message}` : '';
  return new GovernanceError('init-failed', `the module cannot be started${reason}`, { cause: error });
}
