import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of this repository, found upwards from where the running bundle lies. */
export function repositoryRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "package-lock.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`No package-lock.json above ${__dirname}`);
    folder = parent;
  }
  return folder;
}

/** The git-ignored folder for what a run leaves to the next one. */
export function cacheFolder(): string {
  return join(repositoryRoot(), ".cache");
}

/** Where `npm run package` puts the extension. */
export function extensionVsix(): string {
  return join(repositoryRoot(), "ssh-tasks.vsix");
}
