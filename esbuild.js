// Builds everything: `node esbuild.js [--watch] [--dev] [--tests]`.
// dist/ is the product (extension, headless server, webview); out/ is the tests and the commands behind npm scripts.
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { globSync } from "tinyglobby";

const flags = new Set(process.argv.slice(2));
const watch = flags.has("--watch");
const minify = !watch && !flags.has("--dev");

/** ssh2 falls back to its own JavaScript when its native parts are not there: as fast (measured), and portable. */
const nativeParts = ["*.node", "cpu-features"];

/** @type {esbuild.BuildOptions} */
const node = {
  bundle: true,
  platform: "node",
  target: "node20",
  loader: { ".sh": "text" },
  keepNames: true,
  logLevel: "warning",
};

// In chunks, so that ssh2 and the MCP SDK are read when they are first needed and not when the editor starts.
/** @type {esbuild.BuildOptions} */
const hostCode = {
  ...node,
  format: "esm",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  // CommonJS packages inside an ES module still ask for Node's own modules by require, and for their folder.
  banner: {
    js: [
      'import { createRequire as bundleRequire } from "node:module";',
      'import { fileURLToPath as bundlePath } from "node:url";',
      "const require = bundleRequire(import.meta.url);",
      'const __dirname = bundlePath(new URL(".", import.meta.url));',
    ].join(" "),
  },
  external: ["vscode", ...nativeParts],
  entryPoints: ["src/extension.ts", "src/headless.ts"],
  outdir: "dist",
  metafile: true,
  sourcemap: minify ? false : "linked",
  minify,
};

/** @type {esbuild.BuildOptions} */
const panel = {
  bundle: true,
  platform: "browser",
  format: "iife",
  target: "chrome128",
  loader: { ".css": "text" },
  entryPoints: ["src/panel/panel.ts"],
  outdir: "dist",
  sourcemap: minify ? false : "linked",
  minify,
  logLevel: "warning",
};

/** @type {() => esbuild.BuildOptions} */
const tests = () => ({
  ...node,
  format: "cjs",
  // Some ES modules ask for import.meta.url, which a CommonJS bundle does not have.
  define: { "import.meta.url": "importMetaUrl" },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  entryPoints: globSync(["test/**/*.test.ts", "test/commands/*.ts"]),
  outbase: "test",
  outdir: "out",
  alias: { vscode: "./test/support/vscode.ts" },
  external: [...nativeParts, "playwright-core", "@axe-core/playwright"],
  sourcemap: "inline",
});

const targets = [hostCode, panel];
if (flags.has("--tests")) {
  targets.push(tests());
  await mkdir("out", { recursive: true });
  await writeFile("out/package.json", '{ "type": "commonjs" }\n');
}
if (watch) {
  const contexts = await Promise.all(
    targets.map((options) => esbuild.context({ ...options, logLevel: "info" })),
  );
  await Promise.all(contexts.map((context) => context.watch()));
} else {
  const [{ metafile }] = await Promise.all(targets.map((options) => esbuild.build(options)));
  await removeStaleChunks(Object.keys(metafile?.outputs ?? {}));
}

/** Chunks are named after their content: those of earlier builds would be packed too. */
async function removeStaleChunks(built) {
  for (const name of await readdir("dist/chunks")) {
    const path = join("dist/chunks", name);
    if (!built.includes(path)) await rm(path, { force: true });
  }
}
