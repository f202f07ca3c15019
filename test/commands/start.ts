// `npm start [-- --port N]`: a demo SSH host and a VS Code with the extension in it, both ended with the command.
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { Cleanup } from "../support/cleanup";
import { startCodeServer } from "../support/codeServer";
import { startDemoHost } from "../support/demoHost";
import { findDesktopCode, openDesktopCode } from "../support/desktopCode";
import { packageExtension } from "../support/packageExtension";
import type { Sshd } from "../support/sshd";
import { ensureSystemPrograms } from "../support/systemPackages";

const cleanup = new Cleanup();
const stop = new AbortController();
// Ctrl+C reaches us twice, from the terminal and through npm: the second is taken for the first.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => stop.abort());

void main();

async function main(): Promise<void> {
  let exitCode = 0;
  try {
    await start();
  } catch (error) {
    if (!stop.signal.aborted) {
      console.error(error instanceof Error ? error.message : error);
      exitCode = 1;
    }
  }
  await cleanup.run();
  process.exit(exitCode);
}

/** Resolves once the person has stopped the command. */
async function start(): Promise<void> {
  const { port } = parseArgs({ options: { port: { type: "string" } } }).values;
  ensureSystemPrograms(["sshd", "ssh-keygen"]);
  const host = await startDemoHost();
  cleanup.add(() => host.close());
  const desktop = findDesktopCode();
  if (desktop === undefined) {
    await serveInBrowser(host, port === undefined ? undefined : Number(port));
    return;
  }
  const window = await openDesktopCode(desktop, { settings: settingsFor(host), workspaceFiles });
  cleanup.add(() => window.close());
  print(["VS Code opens in a window of its own.", ...whatToTry, "Stop: Ctrl+C here."]);
  await stopped();
}

async function serveInBrowser(host: Sshd, port: number | undefined): Promise<void> {
  const vsix = await packageExtension();
  const password = randomBytes(9).toString("base64url");
  const server = await startCodeServer({
    vsix: [vsix],
    settings: settingsFor(host),
    workspaceFiles,
    password,
    port,
  });
  cleanup.add(() => server.close());
  print([`Open      ${server.url}`, `Password  ${password}`, ...whatToTry, "Stop: Ctrl+C here."]);
  await stopped();
}

async function stopped(): Promise<void> {
  // An AbortSignal alone does not keep the process alive.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise((resolve) => {
    stop.signal.addEventListener("abort", resolve);
    if (stop.signal.aborted) resolve(undefined);
  });
  clearInterval(alive);
}

function settingsFor(host: Sshd): Record<string, unknown> {
  return {
    "sshTasks.sshConfigFile": host.sshConfigFile,
    "sshTasks.knownHostsFile": host.knownHostsFile,
  };
}

const whatToTry = [
  "",
  "Try: the SSH Tasks view in the activity bar",
  "     Run SSH Task… (Ctrl+Shift+P), host demo, command:  sleep 1000 & while date; do sleep 1; done",
  "     cancel it in the view: all of its processes are gone, and the receipt says so",
  "",
];

const workspaceFiles = {
  "README.md": `# SSH Tasks: try it\n\n${whatToTry.map((line) => line.trim()).join("\n")}\n`,
};

function print(lines: readonly string[]): void {
  console.log(["", ...lines, ""].join("\n"));
}
