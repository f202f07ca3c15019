// `node test/commands/bootstrap.mjs <command> [argument…]`: what npm start, demo, test and bench call.
// Works in a fresh clone: installs the dependencies, builds, then becomes the command in all but its process id.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lockFile = join(root, "package-lock.json");
const modules = join(root, "node_modules");
const stampFile = join(modules, ".ssh-tasks-lock");

const [command, ...args] = process.argv.slice(2);
if (!existsSync(join(root, `test/commands/${command}.ts`))) fail(`No such command: ${command}`);
installDependencies();
runToEnd("Building failed", process.execPath, ["esbuild.js", "--tests"]);
become(process.execPath, [
  "--enable-source-maps",
  join(root, `out/commands/${command}.js`),
  ...args,
]);

function installDependencies() {
  const stamp = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  if (!isInstalled()) {
    console.log("Installing dependencies (npm ci)");
    runToEnd("npm ci failed", "npm", [
      "ci",
      "--ignore-scripts",
      "--include=dev",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ]);
  }
  writeFileSync(stampFile, stamp);
}

/** Whether npm has installed this very lock file already: then there is nothing to do, whoever called npm. */
function isInstalled() {
  const record = join(modules, ".package-lock.json");
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, "utf8")).packages;
  const wanted = Object.entries(JSON.parse(readFileSync(lockFile, "utf8")).packages);
  // A record that is shared by hard links may speak of another folder than this one.
  const isThere = (path) => path in installed && existsSync(join(root, path));
  return wanted.every(
    ([path, { version, optional }]) =>
      path === "" || (isThere(path) ? installed[path].version === version : optional),
  );
}

function runToEnd(failure, file, fileArgs) {
  const { status, error } = spawnSync(file, fileArgs, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error || status !== 0) fail(`${failure}${error ? `: ${error.message}` : ""}`);
}

function become(file, fileArgs) {
  const child = spawn(file, fileArgs, { cwd: root, stdio: "inherit" });
  // In a terminal Ctrl+C reaches both of us: the commands take a second signal for the first.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  endWithNpm(child);
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/** npm passes a signal on to no more than the shell between us, and SIGKILL to nobody: then we see a new parent. */
function endWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500).unref();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
