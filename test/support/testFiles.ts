import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { repositoryRoot } from "./repo";

/** The test files that a run selects, by their paths below test/. */
export interface TestFiles {
  /** Those that may run two at a time. */
  readonly parallel: readonly string[];
  /** Those that share one real VS Code's worth of memory, and so run one by one, last. */
  readonly serial: readonly string[];
}

/** Every test file whose path contains one of the words, or simply every one. */
export function selectTestFiles(words: readonly string[]): TestFiles {
  const files = readdirSync(join(repositoryRoot(), "test"), { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => file.endsWith(".test.ts"))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort();
  const isSerial = (file: string): boolean => file.startsWith("vscode/");
  return { parallel: files.filter((file) => !isSerial(file)), serial: files.filter(isSerial) };
}

/** Where esbuild.js puts the bundle of a test file. */
export function bundleOf(file: string): string {
  return join(repositoryRoot(), "out", file.replace(/\.ts$/, ".js"));
}
