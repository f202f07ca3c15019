/** How much a flood prints. */
export const floodMiB = 512;

/** Which stream it prints to. */
export type Stream = "stdout" | "stderr";

/** The rate that a flood may not fall below, to OpenSSH's, and what a process may grow by meanwhile. */
export const floodTarget = { minRatio: 0.8, maxGrowthMiB: 64 };

/** sshd_config for a host where both clients use the same cipher: one that both of them are fast at. */
export const oneCipher = ["Ciphers aes128-gcm@openssh.com"];

/** A command that prints it as fast as it can, in lines of 100 bytes, then a last line to know it by. */
export function floodCommand(stream: Stream, lastLine = "end"): string {
  const flood = `yes ${"x".repeat(99)} | head -c ${floodMiB * 1024 * 1024}; echo; echo ${lastLine}`;
  return stream === "stdout" ? flood : `{ ${flood}; } >&2`;
}

/** The rate in MiB/s. */
export function floodRate(ms: number): number {
  return (floodMiB * 1000) / ms;
}
