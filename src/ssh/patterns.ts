/** ssh_config(5), section PATTERNS: one negated pattern that matches keeps the whole list from matching. */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  const matches = (pattern: string): boolean => toRegExp(pattern).test(name);
  const denied = patterns.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)));
  return !denied && patterns.some((pattern) => !pattern.startsWith("!") && matches(pattern));
}

/** `*` is any run of characters, `?` is one. */
function toRegExp(pattern: string): RegExp {
  const source = pattern.replace(/[\\^$.|+()[\]{}]/g, "\\$&");
  return new RegExp(`^${source.replace(/\*+/g, ".*").replace(/\?/g, ".")}$`, "s");
}
