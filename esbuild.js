// Builds everything: `node esbuild.js [--watch] [--dev] [--tests]`.
// dist/ is the product (extension, headless server, webview); out/ is the tests and the commands behind npm scripts.
const esbuild = require("esbuild");
const { globSync } = require("tinyglobby");

const flags = new Set(process.argv.slice(2));
const watch = flags.has("--watch");
const minify = !watch && !flags.has("--dev");

/** ssh2 falls back to its own JavaScript when its native parts are not there: as fast (measured), and portable. */
const nativeParts = ["*.node", "cpu-features"];

/** @type {import("esbuild").BuildOptions} */
const node = {
  // Some ES modules ask for import.meta.url, which a CommonJS bundle does not have.
  define: { "import.meta.url": "importMetaUrl" },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  loader: { ".sh": "text" },
  external: ["vscode", ...nativeParts],
  sourcemap: minify ? false : "linked",
  minify,
  keepNames: true,
  logLevel: "warning",
};

const product = [
  {
    ...node,
    entryPoints: ["src/extension.ts", "src/headless.ts"],
    outdir: "dist",
  },
  {
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
  },
];

const tests = {
  ...node,
  entryPoints: globSync(["test/**/*.test.ts", "test/commands/*.ts"]),
  outbase: "test",
  outdir: "out",
  alias: { vscode: "./test/support/vscode.ts" },
  external: [...nativeParts, "playwright-core", "@axe-core/playwright"],
  sourcemap: "inline",
  minify: false,
};

async function main() {
  const targets = flags.has("--tests") ? [...product, tests] : product;
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
