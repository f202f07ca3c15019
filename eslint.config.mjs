import importX from "eslint-plugin-import-x";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import tseslint from "typescript-eslint";

/**
 * The arrows of docs/architecture.md: what the files of a folder may import, type imports included.
 * @param {string} folder
 * @param {string[]} allowed regular expressions of module names
 */
function mayImport(folder, allowed) {
  return {
    files: [`src/${folder}`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(?!(?:${allowed.join("|")}))`,
              message: `Not an arrow of docs/architecture.md: src/${folder} may import ${allowed.join(" ")}`,
            },
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  {
    ignores: ["dist", "out", ".cache", "node_modules", "esbuild.js"],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: ["eslint.config.mjs", "test/commands/*.mjs"],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [createTypeScriptImportResolver()],
    },
    rules: {
      "import-x/no-cycle": "error",
      "max-lines-per-function": ["error", { max: 50, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-console": "error",
    },
  },
  mayImport("tasks/**/*.ts", ["node:", "\\./"]),
  mayImport("ssh/**/*.ts", [
    "node:",
    "\\./",
    "\\.\\./tasks/",
    "\\.\\./remote/",
    "ssh2(?:/lib/protocol/keyParser\\.js)?$",
    "tinyglobby$",
  ]),
  mayImport("ssh/system/*.ts", ["node:", "\\./", "\\.\\./(?!\\.)", "\\.\\./\\.\\./tasks/"]),
  mayImport("store/**/*.ts", ["node:", "\\./", "\\.\\./tasks/", "write-file-atomic$"]),
  mayImport("policy/**/*.ts", ["node:", "\\./", "\\.\\./tasks/", "ipaddr\\.js$", "yaml$", "zod$"]),
  mayImport("gate/**/*.ts", ["node:", "\\./", "\\.\\./tasks/", "\\.\\./policy/"]),
  mayImport("windows/**/*.ts", [
    "node:",
    "\\./",
    "\\.\\./tasks/",
    "\\.\\./store/",
    "vscode-jsonrpc/node$",
  ]),
  mayImport("mcp/*.ts", ["node:", "\\./", "\\.\\./tasks/", "@modelcontextprotocol/sdk/", "zod$"]),
  mayImport("mcp/resources/*.ts", [
    "\\./",
    "\\.\\./[^/]+$",
    "\\.\\./\\.\\./tasks/",
    "@modelcontextprotocol/sdk/types",
  ]),
  mayImport("mcp/tools/*.ts", [
    "node:",
    "\\./",
    "\\.\\./[^/]+$",
    "\\.\\./\\.\\./tasks/",
    "zod$",
    "re2js$",
  ]),
  mayImport("ui/**/*.ts", [
    "node:",
    "\\./",
    "\\.\\./tasks/",
    "\\.\\./panel/protocol$",
    "vscode$",
    "pretty-ms$",
  ]),
  mayImport("panel/**/*.ts", [
    "\\./",
    "\\.\\./tasks/",
    "\\.\\./\\.\\./media/",
    "@vscode/webview-ui-toolkit$",
    "@microsoft/fast-element$",
    "@xterm/",
    "pretty-ms$",
  ]),
  {
    files: ["test/**"],
    rules: {
      "max-lines-per-function": "off",
      "no-console": "off",
      // node:test's describe/it return promises that the runner itself awaits.
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            {
              from: "package",
              name: ["describe", "it", "test", "suite"],
              package: "node:test",
            },
          ],
        },
      ],
    },
  },
  { files: ["**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
  { files: ["src/headless.ts"], rules: { "no-console": "off" } },
);
