import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { run } from "./childProcesses";
import { repositoryRoot } from "./repo";
import { ensureNode24 } from "./toolCache";

/** Why each scenario of the suite did not pass, by its name; empty where it did. */
export type ConformanceResults = ReadonlyMap<string, readonly string[]>;

const checksSchema = z.array(
  z.object({ name: z.string(), status: z.string(), errorMessage: z.string().optional() }),
);

/** Runs every server scenario of MCP's conformance suite against a URL. A scenario that left no result did not pass. */
export async function runConformance(url: string): Promise<ConformanceResults> {
  const dir = await mkdtemp(join(tmpdir(), "ssh-tasks-conformance-"));
  try {
    const scenarios = namesIn(await conformance("list", "--server"));
    // It fails when one scenario does; what counts is what it wrote about each.
    await conformance("server", "--url", url, "--suite", "all", "--output-dir", dir).catch(
      () => undefined,
    );
    const folders = await readdir(dir);
    const results = scenarios.map(async (name): Promise<[string, string[]]> => {
      const folder = folders.find((found) => folderPattern(name).test(found));
      return [name, folder === undefined ? ["no result"] : await faultsIn(join(dir, folder))];
    });
    return new Map(await Promise.all(results));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function conformance(...args: readonly string[]): Promise<string> {
  const script = "node_modules/@modelcontextprotocol/conformance/dist/index.js";
  const options = { timeout: 120_000 };
  return run(await ensureNode24(), [join(repositoryRoot(), script), ...args], options);
}

/** The lines `  - NAME [VERSIONS]`. */
function namesIn(list: string): string[] {
  return Array.from(list.matchAll(/^ +- (\S+)/gm), ([, name = ""]) => name);
}

/** `server-NAME-TIME` */
function folderPattern(name: string): RegExp {
  return new RegExp(`^server-${name}-\\d{4}-`);
}

/** As the suite's own list of expected failures has it, a warning is a fault too. */
async function faultsIn(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, "checks.json"), "utf8");
  const checks = checksSchema.parse(JSON.parse(text));
  if (checks.length === 0) return ["no check"];
  return checks
    .filter(({ status }) => status === "FAILURE" || status === "WARNING")
    .map(({ name, errorMessage }) => `${name}: ${errorMessage ?? "no reason given"}`);
}
