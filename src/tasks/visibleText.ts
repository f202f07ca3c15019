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

/**
 * What came from a host as a model gets it, shown and never obeyed: control characters but newline and tab as their
 * pictures (U+2400 to U+2421, Unicode block Control Pictures), those of C1 and those that reorder text (CVE-2021-42574) by
 * their numbers. A newline of two characters is one of one.
 */
export function visibleOutput(text: string): string {
  return text
    .replace(/\r\n/g, "\n")
    .replace(/[\x00-\x08\x0b-\x1f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/\x7f/g, "\u2421")
    .replace(/[\x80-\x9f\u202a-\u202e\u2066-\u2069]/g, (c) => `<U+${hex(c)}>`);
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
}
