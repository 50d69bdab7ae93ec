// Assertions that a browser has as well.

/** Two lists, or two texts, are the same. */
export function same(given, expected, message) {
  const [one, other] = [given, expected].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`${message}: ${excerpt(one)} instead of ${excerpt(other)}`);
}

export function holds(condition, message) {
  if (!condition) throw new Error(message);
}

function excerpt(text) {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
