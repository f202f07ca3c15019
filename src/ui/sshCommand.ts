/** What to type into a terminal to log in to a host; `configFile` where it is not ssh's own. */
export function sshCommand(alias: string, configFile: string | undefined): string {
  const words = configFile === undefined ? ["ssh", alias] : ["ssh", "-F", configFile, alias];
  return words.map(quoteForShell).join(" ");
}

/** One word of a POSIX shell (Shell Command Language, 2.2.2). */
function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
