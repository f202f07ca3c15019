// Builds everything: `node esbuild.js [--watch] [--dev] [--tests]`.
// dist/ is the product (extension, headless server, webview); out/ is the tests and the commands behind npm scripts.
const { globSync } = require("tinyglobby");
const esbuild = require("esbuild");
const { readFile } = require("node:fs/promises");
const path = require("node:path");

const flags = new Set(process.argv.slice(2));
const watch = flags.has("--watch");
const minify = !watch && !flags.has("--dev");
const sourcemap = minify ? false : "linked";

/** ssh2 falls back to its own JavaScript when its native parts are not there: as fast (measured), and portable. */
const nativeParts = ["*.node", "cpu-features"];

/**
 * ssh2 makes a cipher per packet, which costs seven times as much on Node 24 (VS Code's) when the key is a Buffer
 * as when it is a KeyObject: a quarter of what a flood of output costs (docs/performance.md). It has no option for it.
 * @type {import("esbuild").Plugin}
 */
const cipherKeyObjects = {
  name: "cipher-key-objects",
  setup(build) {
    build.onLoad({ filter: /ssh2[\\/]lib[\\/]protocol[\\/]crypto\.js$/ }, async (file) => {
      const source = await readFile(file.path, "utf8");
      const keys = /(?<=this\._(?:encKey|decipherKey) = )(?:enc\.cipherKey|dec\.decipherKey)(?=;)/g;
      if (source.match(keys)?.length !== 2) throw new Error("ssh2 keeps its keys otherwise now");
      return { contents: source.replace(keys, 'require("crypto").createSecretKey($&)') };
    });
  },
};

/**
 * The code of a worker thread as text, with all that it needs: `import code from "./thread.ts?thread"`. So it is there in
 * whatever bundle the importer ends up in.
 * @type {import("esbuild").Plugin}
 */
const threads = {
  name: "threads",
  setup(build) {
    build.onResolve({ filter: /\?thread$/ }, ({ path: name, resolveDir }) => ({
      path: path.resolve(resolveDir, name.replace("?thread", "")),
      namespace: "thread",
    }));
    build.onLoad({ filter: /.*/, namespace: "thread" }, async ({ path: file }) => {
      const { outputFiles } = await esbuild.build({
        ...{ entryPoints: [file], bundle: true, platform: "node", format: "cjs", target: "node20" },
        ...{ external: nativeParts, minify: true, write: false, logLevel: "warning" },
      });
      return { contents: outputFiles[0].text, loader: "text", watchFiles: [file] };
    });
  },
};

/** @type {import("esbuild").BuildOptions} */
const node = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  loader: { ".pl": "text", ".sh": "text" },
  // Some ES modules ask for import.meta.url, which a CommonJS bundle does not have.
  define: { "import.meta.url": "importMetaUrl" },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  keepNames: true,
  plugins: [cipherKeyObjects, threads],
  logLevel: "warning",
};

/**
 * What the sources import with `import()` is a file of its own, read when it is first needed and not when the editor
 * starts: ssh2, the MCP SDK. The core is a file that all of them share, so that a TaskError is the same everywhere.
 * @type {import("esbuild").Plugin}
 */
const separateFiles = {
  name: "separate-files",
  setup(build) {
    const core = path.resolve("src/tasks");
    build.onResolve({ filter: /^\./ }, async ({ path: name, kind, resolveDir, pluginData }) => {
      if (pluginData === "resolving" || resolveDir.startsWith(core)) return undefined;
      const { path: file } = await build.resolve(name, {
        kind,
        resolveDir,
        pluginData: "resolving",
      });
      if (file.startsWith(core)) return { path: "./tasks.js", external: true };
      if (kind !== "dynamic-import") return undefined;
      return { path: `./${path.basename(file, ".ts")}.js`, external: true };
    });
  },
};

/** The core in one file: everything that its files export. */
const coreFile = {
  contents: globSync("src/tasks/*.ts")
    .map((file) => `export * from "./${file}";`)
    .join("\n"),
  resolveDir: __dirname,
  sourcefile: "tasks.ts",
};

/** @type {import("esbuild").BuildOptions[]} */
const product = [
  {
    ...node,
    entryPoints: [
      "src/extension.ts",
      "src/headless.ts",
      "src/mcp/mcpEndpoint.ts",
      "src/ssh/sshConfigFile.ts",
      "src/ssh/sshConnection.ts",
      "src/ssh/system/systemConnection.ts",
    ],
    entryNames: "[name]",
    external: ["vscode", ...nativeParts],
    plugins: [...node.plugins, separateFiles],
    outdir: "dist",
    sourcemap,
    minify,
  },
  { ...node, stdin: coreFile, outfile: "dist/tasks.js", sourcemap, minify },
  {
    bundle: true,
    platform: "browser",
    format: "iife",
    target: "chrome128",
    loader: { ".css": "text" },
    entryPoints: ["src/panel/panel.ts"],
    outdir: "dist",
    sourcemap,
    minify,
    logLevel: "warning",
  },
];

/** @type {() => import("esbuild").BuildOptions} */
const tests = () => ({
  ...node,
  entryPoints: globSync(["test/**/*.test.ts", "test/commands/*.ts"]),
  outbase: "test",
  outdir: "out",
  alias: { vscode: "./test/support/vscode.ts" },
  external: [...nativeParts, "playwright-core", "@axe-core/playwright"],
  sourcemap: "inline",
});

async function main() {
  const targets = flags.has("--tests") ? [...product, tests()] : product;
  if (!watch) {
    await Promise.all(targets.map((options) => esbuild.build(options)));
    return;
  }
  const contexts = await Promise.all(
    targets.map((options) => esbuild.context({ ...options, logLevel: "info" })),
  );
  await Promise.all(contexts.map((context) => context.watch()));
}

main().catch(() => process.exit(1));
