import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { SshHostCatalog, type SshSettings } from "../../src/ssh/hostCatalog";
import { OpenSshConfig, type OpenSshParts } from "../../src/ssh/openSshConfig";
import { requireProgram } from "./childProcesses";
import { createLogger } from "./createTasks";
import { FakeClock } from "./fakeClock";

export type CatalogOptions = OpenSshParts & { readonly settings?: SshSettings };

/** A catalog that asks the ssh of this machine, whose runs are counted. `DIR` in the config is its folder. */
export async function createCatalog(
  t: TestContext,
  text: string,
  { settings: more, ...parts }: CatalogOptions = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "openssh-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const sshConfigFile = join(folder, "config");
  const edit = (edited: string, name = "config"): Promise<void> =>
    writeFile(join(folder, name), edited.replaceAll("DIR", folder));
  await edit(text);
  const log = join(folder, "log");
  const program = join(folder, "ssh");
  await writeFile(program, `#!/bin/sh\necho "$*" >> ${log}\nexec ${requireProgram("ssh")} "$@"\n`);
  await chmod(program, 0o755);
  const clock = new FakeClock();
  const settings: SshSettings = { sshConfigFile, ...more };
  const logged: string[] = [];
  const openSsh = new OpenSshConfig({ program, clock, ...parts });
  const catalog = new SshHostCatalog(() => settings, createLogger(logged), openSsh);
  const runs = async (): Promise<string[]> =>
    existsSync(log) ? (await readFile(log, "utf8")).trim().split("\n") : [];
  return { catalog, folder, edit, runs, clock, sshConfigFile, log: logged };
}
