import { createWriteStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

/** Packs a folder with a package.json into the least that VS Code installs: a zip with everything under `extension/`. */
export async function packVsix(folder: string, vsix: string): Promise<void> {
  const zip = new ZipFile();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    zip.addFile(path, path.replace(folder, "extension"));
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(vsix));
}
