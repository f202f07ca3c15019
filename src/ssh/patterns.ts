/** ssh_config(5), section PATTERNS: one negated pattern that matches keeps the whole list from matching. */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  const denied = patterns.some(
    (pattern) => pattern.startsWith("!") && matches(pattern.slice(1), name),
  );
  return !denied && patterns.some((pattern) => !pattern.startsWith("!") && matches(pattern, name));
}

/** `*` is any run of characters, `?` is one. A loop: a regular expression may take for ever over several `*`. */
function matches(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let afterStar = 0;
  let i = 0;
  while (i < name.length) {
    if (pattern[at] === "*") {
      star = at++;
      afterStar = i;
    } else if (pattern[at] === "?" || pattern[at] === name[i]) {
      at++;
      i++;
    } else if (star >= 0) {
      // The last star takes one character more.
      at = star + 1;
      i = ++afterStar;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
