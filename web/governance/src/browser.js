import { initialiser } from './instance.js';

export { GovernanceError } from './error.js';
export { Governance } from './governance.js';
export { initSync } from './instance.js';

// Bundlers recognise this very form, and copy the module to where the bundle will look for it.
const beside = () => new URL('./sidelight.wasm', import.meta.url);

const init = initialiser(beside, (source) => fetch(source));

export { init, init as default };
