/** One word of a POSIX shell, whatever is in it (Shell Command Language, 2.2.2). */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
