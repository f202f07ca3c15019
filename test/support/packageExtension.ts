import { delimiter, dirname } from "node:path";
import { requireProgram, run } from "./childProcesses";
import { extensionVsix, repositoryRoot } from "./repo";
import { ensureNode24 } from "./toolCache";

/** Packs the extension by `npm run package`, under the Node that its tools want, and gives the path of the .vsix. */
export async function packageExtension(): Promise<string> {
  const node = await ensureNode24();
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}` };
  console.log("Packing the extension (npm run package)");
  await run(requireProgram("npm"), ["run", "package"], { cwd: repositoryRoot(), env });
  return extensionVsix();
}
