import { spawnSync } from "node:child_process";
import { findProgram } from "./childProcesses";

const packageOf = {
  sshd: "openssh-server",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  dropbear: "dropbear-bin",
  dropbearconvert: "dropbear-bin",
  chromium: "chromium",
  shellcheck: "shellcheck",
  busybox: "busybox",
  zsh: "zsh",
  fish: "fish",
} as const;

/** A program of the system that tests or commands run. */
export type SystemProgram = keyof typeof packageOf;

/** Every program that `npm test` runs. */
export const everySystemProgram = Object.keys(packageOf) as SystemProgram[];

/**
 * Makes sure the programs are there: installs what is missing as root, with CI=true or with SSH_TASKS_SETUP=1, else
 * throws with the command to run.
 */
export function ensureSystemPrograms(programs: readonly SystemProgram[]): void {
  const missing = missingPrograms(programs);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => packageOf[program]))];
  if (findProgram("apt-get") === undefined || !mayInstall()) throw notInstalled(missing, packages);
  console.log(`Installing ${packages.join(" ")} with apt-get`);
  aptGet(["update", "-qq"]);
  aptGet(["install", "-y", "-qq", "--no-install-recommends", ...packages]);
  const still = missingPrograms(programs);
  if (still.length > 0) throw notInstalled(still, packages);
}

function missingPrograms(programs: readonly SystemProgram[]): SystemProgram[] {
  return programs.filter((program) => findProgram(program) === undefined);
}

function mayInstall(): boolean {
  return isRoot() || process.env.CI === "true" || process.env.SSH_TASKS_SETUP === "1";
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function aptGet(args: readonly string[]): void {
  const command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
  const [file = "", ...rest] = isRoot() ? command : ["sudo", "-n", ...command];
  const { status, stdout, stderr, error } = spawnSync(file, rest, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error === undefined && status === 0) return;
  throw new Error(
    `${[file, ...rest].join(" ")} failed:\n${error?.message ?? `${stdout}${stderr}`}`,
  );
}

function notInstalled(missing: readonly string[], packages: readonly string[]): Error {
  const install = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  return new Error(
    `Not installed: ${missing.join(", ")}. On Debian and Ubuntu run\n` +
      `  sudo sh -c '${install}'\n` +
      "or start this command again with SSH_TASKS_SETUP=1 to let it do that.",
  );
}
