// Quick questions: an id is written straight into the module's memory, where the organisation reads it, instead of
// crossing as an argument. Only ids of ASCII go this way, which nearly all are; whatever does not is asked as usual.

/** Where one organisation's ids are left. */
export class Letterbox {
  #memory;
  #address;
  #size;
  #bytes;

  constructor(memory, address, size) {
    this.#memory = memory;
    this.#address = address;
    this.#size = size;
    this.#bytes = new Uint8Array(memory.buffer, address, size);
  }

  /** Leaves an id, and tells whether it could be. */
  leave(id) {
    // A memory that has grown has another buffer.
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#memory.buffer, this.#address, this.#size);
    const { length } = id;
    if (length > this.#size) return false;
    const bytes = this.#bytes;
    for (let place = 0; place < length; place += 1) {
      const unit = id.charCodeAt(place);
      if (unit > 127) return false;
      bytes[place] = unit;
    }
    return true;
  }

  /** A copy of numbers in the module's memory. */
  numbers(address, count) {
    return new Uint32Array(new Uint32Array(this.#memory.buffer, address, count));
  }
}

/**
 * The numbers of ids that were asked about. An organisation never gives the number of an id to another one, so that
 * nothing has to be forgotten when it changes.
 */
export class KnownIds {
  /** So many are kept, more than a page shows; and after as many that were not, others are. */
  static #MOST = 16_384;

  #numbers = new Map();
  #notKept = 0;
  #find;

  /** `find` gives the number of an id, or nothing. */
  constructor(find) {
    this.#find = find;
  }

  number(id) {
    return this.#numbers.get(id) ?? this.#learn(id);
  }

  #learn(id) {
    const found = this.#find(id);
    if (found === undefined) return undefined;
    if (this.#numbers.size === KnownIds.#MOST) {
      this.#notKept += 1;
      // Whoever goes through a whole organisation once gains nothing from numbers that are kept.
      if (this.#notKept < KnownIds.#MOST) return found;
      this.#notKept = 0;
      this.#numbers.clear();
    }
    this.#numbers.set(id, found);
    return found;
  }
}

/** The numbers of words, by word. */
export function numbered(words) {
  return new Map(words.map((word, number) => [word, number]));
}
