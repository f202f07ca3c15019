/** Control characters as `\xNN`: what comes from a host is shown, never obeyed. */
export function visible(text: string): string {
  return text.replace(
    /[\x00-\x1f\x7f-\x9f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** A host's own words inside a sentence of ours: in quotes, in one line, and at most 200 characters of them. */
export function quoted(text: string): string {
  return `"${visible(text).slice(0, 200).replace(/"/g, "'")}"`;
}
