import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { requireProgram, run } from "./childProcesses";
import { cacheFolder } from "./repo";

const nodeVersion = "24.21.0";
const codeServerVersion = "4.139.1";
const inspectorVersion = "2.12.0";

const halfPrefix = "half-";
const leftoverMs = 3_600_000;

/** A real VS Code to run: `node entry …`. */
export interface CodeServerInstall {
  readonly node: string;
  readonly entry: string;
}

/** The path of Node 24, for the tools that don't run on an older one; installed once. */
export async function ensureNode24(): Promise<string> {
  // The package behind npm's `node`: installed by its own name it needs no install script.
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const folder = await ensureTool(`node-${nodeVersion}-${process.arch}`, (into) =>
    npmInstall(into, `${name}@${nodeVersion}`),
  );
  return join(folder, "node_modules", name, "bin/node");
}

/** code-server and the Node it runs on; installed once, without install scripts, compilers or a C library's headers. */
export async function ensureCodeServer(): Promise<CodeServerInstall> {
  const node = await ensureNode24();
  const folder = await ensureTool(`code-server-${codeServerVersion}`, async (into) => {
    await npmInstall(into, `code-server@${codeServerVersion}`);
    const vscode = join(into, "node_modules/code-server/lib/vscode");
    await npmInstall(vscode, "--omit=dev");
    await npmInstall(join(vscode, "extensions"), "--omit=dev");
  });
  return { node, entry: join(folder, "node_modules/code-server/out/node/entry.js") };
}

/** The script of the MCP Inspector, for Node 24; installed once. It is none of our packages, as it needs a newer Node than ours. */
export async function ensureInspector(): Promise<string> {
  const name = "@modelcontextprotocol/inspector";
  const folder = await ensureTool(`inspector-${inspectorVersion}`, (into) =>
    npmInstall(into, "--omit=optional", `${name}@${inspectorVersion}`),
  );
  return join(folder, "node_modules", name, "clients/launcher/build/index.js");
}

/** The cache's folder of that name. What two runs install at once, or one leaves half done, is never taken for it. */
async function ensureTool(name: string, install: (into: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  console.log(`Installing ${name} into .cache (once)`);
  await mkdir(cacheFolder(), { recursive: true });
  await removeLeftovers();
  const half = await mkdtemp(join(cacheFolder(), halfPrefix));
  try {
    await writeFile(join(half, "package.json"), '{ "private": true }\n');
    await install(half);
    await rename(half, folder);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // else another run was faster
  }
  return folder;
}

/** Removes what interrupted runs have left half installed, and no running one can still be at. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const path = join(cacheFolder(), name);
    const isOld = async (): Promise<boolean> =>
      Date.now() - (await stat(path)).mtimeMs > leftoverMs;
    if (name.startsWith(halfPrefix) && (await isOld()))
      await rm(path, { recursive: true, force: true });
  }
}

async function npmInstall(folder: string, ...args: readonly string[]): Promise<void> {
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run(requireProgram("npm"), ["install", "--prefix", folder, ...flags, ...args], {
    cwd: folder,
    env: withoutNpm(),
  });
}

/** Our environment without what an outer `npm test` says about itself; the person's own npm settings stay. */
function withoutNpm(): NodeJS.ProcessEnv {
  const outer =
    /^npm_(package|lifecycle|config_(local_prefix|global_prefix|prefix)|command|execpath|node_execpath)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}
