/**
 * Text as Markdown that shows it as it is. Every punctuation mark of ASCII can be escaped (CommonMark 2.4); `appendText` would
 * make all spaces unbreakable.
 */
export function escapeMarkdown(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, "\\$&").replace(/\s+/g, " ");
}
