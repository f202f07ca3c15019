import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import type { SshHostConfig } from "../../src/ssh/hostConfig";
import type { HostOptions } from "../../src/ssh/hostOptions";
import { resolveWay } from "../../src/ssh/jumpHosts";
import { parsePrinted } from "../../src/ssh/openSshConfig";
import { SshConfigFile } from "../../src/ssh/sshConfigFile";
import { requireProgram, run } from "../support/childProcesses";
import { aliases, sshConfigs } from "../support/sshConfigs";

const seed = 20_240_601;
const configs = 1_000;
const workers = 2;

/**
 * What the two readers say differs only where docs/connecting.md says so; none of that is generated. Left out besides:
 * default keys, of which OpenSSH knows kinds that our own reader does not list.
 */
describe("our reading of generated ssh configs", { timeout: 180_000 }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "generated-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("says the same as `ssh -G` of every host", async () => {
    const samples = fc.sample(sshConfigs, { numRuns: configs, seed });
    const counts = { pairs: 0, answers: new Set<string>() };
    const work = samples.entries();
    const worker = async (): Promise<void> => {
      for (const [index, files] of work) {
        const dir = join(folder, `${index}`);
        await mkdir(dir);
        for (const [name, text] of Object.entries(files))
          await writeFile(
            join(dir, name),
            text.replaceAll("DIR/*", "DIR/[ab]").replaceAll("DIR", dir),
          );
        await compare(join(dir, "config"), `seed ${seed}, config ${index} ${show(files)}`, counts);
        await rm(dir, { recursive: true });
      }
    };
    await Promise.all(Array.from({ length: workers }, worker));

    assert.ok(counts.pairs >= 10_000, `${counts.pairs}`);
    assert.ok(counts.answers.size > 2_000, `${counts.answers.size} answers that differ`);
  });
});

interface Counts {
  pairs: number;
  readonly answers: Set<string>;
}

/** Its files, to be put back into place where they differ. */
function show(files: Readonly<Record<string, string>>): string {
  return Object.entries(files)
    .map(([name, text]) => `--- ${name}\n${text}`)
    .join("");
}

async function compare(path: string, what: string, counts: Counts): Promise<void> {
  const config = await SshConfigFile.read(path);
  for (const [place, printed] of (await askAll(path)).entries()) {
    const alias = aliases[place] ?? "";
    assert.equal(printed.code, "0", `ssh refuses ${alias} in ${what}: ${printed.text}`);
    const ours = await wayOf(alias, config.optionsOf(alias));
    const theirs = await wayOf(alias, parsePrinted(printed.text));
    assert.deepEqual(ours, theirs, `${alias} in ${what}`);
    counts.pairs++;
    counts.answers.add(JSON.stringify(ours));
  }
}

/** One shell for all aliases of a config: a process of its own for each takes Node longer than ssh. */
async function askAll(path: string): Promise<{ code: string; text: string }[]> {
  const script =
    'for a; do "$SSH" -G -F "$FILE" -- "$a" 2>&1; code=$?; echo; echo "@@ $code"; done';
  const env = { ...process.env, SSH: requireProgram("ssh"), FILE: path };
  const printed = await run("/bin/sh", ["-c", script, "sh", ...aliases], { env });
  return [...printed.matchAll(/(.*?)\n@@ (\d+)\n/gs)].map(([, text = "", code = ""]) => ({
    text,
    code,
  }));
}

/** The host with the hops of its way, of which only what leads to them is looked at. */
async function wayOf(alias: string, options: HostOptions): Promise<SshHostConfig> {
  const asked: string[] = [];
  const found = await resolveWay({ alias }, ({ alias: hop, user = "?", port = 0 }) => {
    const isFirst = asked.push(hop) === 1;
    const lines = [line("user", user), line("port", `${port}`)];
    return Promise.resolve(isFirst ? options : { lines, expanded });
  });
  const { identityFiles } = found;
  const usual = identityFiles.filter((file) => !/\/\.ssh\/id_\w+$/.test(file));
  return { ...found, identityFiles: usual };
}

const expanded = (): boolean => true;

function line(keyword: string, word: string) {
  return { keyword, words: [word], rest: word };
}
