// Quick questions: ids are written straight into the module's memory, where the organisation reads them, instead of
// crossing as arguments. Only ids of ASCII go this way, which nearly all are; whatever does not is asked as usual.

/** Where one organisation's ids are left. */
export class Letterbox {
  #memory;
  #address;
  #size;
  #bytes;
  /** The user whose id is written already: most questions in a row are one user's. */
  #user;

  constructor(memory, address, size) {
    this.#memory = memory;
    this.#address = address;
    this.#size = size;
    this.#bytes = new Uint8Array(memory.buffer, address, size);
  }

  /** Leaves a user's id and another after it, and tells whether they could be. */
  leave(user, id) {
    // A memory that has grown has another buffer; what was written is still there.
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#memory.buffer, this.#address, this.#size);
    if (user !== this.#user) {
      this.#user = undefined;
      if (!this.#write(user, 0)) return false;
      this.#user = user;
    }
    return this.#write(id, user.length);
  }

  /** A copy of numbers in the module's memory. */
  numbers(address, count) {
    return new Uint32Array(this.#memory.buffer, address, count).slice();
  }

  #write(text, start) {
    const end = start + text.length;
    if (end > this.#size) return false;
    const bytes = this.#bytes;
    for (let from = 0, to = start; to < end; from += 1, to += 1) {
      const unit = text.charCodeAt(from);
      if (unit > 127) return false;
      bytes[to] = unit;
    }
    return true;
  }
}

/** The numbers of words, by word. */
export function numbered(words) {
  return new Map(words.map((word, number) => [word, number]));
}
