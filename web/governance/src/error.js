/** Everything that this package throws. */
export class GovernanceError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ path?: string, cause?: unknown }} [details]
   */
  constructor(code, message, { path, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (path !== undefined) this.path = path;
  }
}

// On the prototype, as the language's own errors have it.
Object.defineProperty(GovernanceError.prototype, 'name', {
  value: 'GovernanceError',
  configurable: true,
  writable: true,
});
