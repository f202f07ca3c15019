/** Control characters as `\xNN`: what comes from a host is shown, never obeyed. */
export function visible(text: string): string {
  return text.replace(
    /[\x00-\x1f\x7f-\x9f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
