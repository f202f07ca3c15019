import { createHash, type Hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve as resolvePath } from "node:path";
import { glob } from "tinyglobby";
import { parseConfigLine, type ConfigLine } from "./configLine";
import { expandHome } from "./configTokens";
import { parseMatch, type MatchCriterion } from "./matchCriteria";

/** OpenSSH's own limit (readconf.c, READCONF_MAX_DEPTH). */
const maxIncludeDepth = 16;

/** The lines of a file from one `Host` or `Match` to the next. */
export interface ConfigSection {
  /** Absent where a file begins: that holds where the file is included. */
  readonly criterion?: Criterion;
  readonly entries: readonly (ConfigLine | Include)[];
}

export type Criterion =
  | { readonly kind: "host"; readonly patterns: readonly string[] }
  | { readonly kind: "match"; readonly criteria: readonly MatchCriterion[] };

/** The files of one `Include`. */
export interface Include {
  readonly files: readonly (readonly ConfigSection[])[];
}

/** Reads ssh configs with what they include. */
export class ConfigReader {
  /** The paths of the files that were there. */
  readonly found = new Set<string>();
  private readonly hash: Hash = createHash("sha256");

  /** Differs when anything differs that was read: names of files, and what is in them. */
  get stamp(): string {
    return this.hash.copy().digest("base64");
  }

  /**
   * Reads a file; one that does not exist is an empty one, as for ssh. `base` is the folder that relative names of its
   * includes are taken from. Rejects with an Error where a file can't be read or taken apart.
   */
  async read(path: string, base: string, depth = 0): Promise<readonly ConfigSection[]> {
    if (depth > maxIncludeDepth) {
      throw new Error(`Include leads more than ${maxIncludeDepth} files deep, to ${path}`);
    }
    const read = await readText(path);
    if (read !== undefined) this.found.add(path);
    const text = read ?? "";
    this.hash.update(JSON.stringify([path, text]));
    const sections: { criterion?: Criterion; entries: (ConfigLine | Include)[] }[] = [
      { entries: [] },
    ];
    for (const [index, source] of text.split("\n").entries()) {
      const line = parseAt(source, `${path} line ${index + 1}`);
      if (line === undefined) continue;
      const { keyword, words } = line;
      if (keyword === "host") {
        sections.push({ criterion: { kind: "host", patterns: words }, entries: [] });
      } else if (keyword === "match") {
        sections.push({ criterion: { kind: "match", criteria: parseMatch(words) }, entries: [] });
      } else {
        const entry = keyword === "include" ? await this.include(words, base, depth) : line;
        sections.at(-1)?.entries.push(entry);
      }
    }
    return sections;
  }

  private async include(names: readonly string[], base: string, depth: number): Promise<Include> {
    const files: (readonly ConfigSection[])[] = [];
    for (const name of names) {
      for (const path of await filesNamed(resolvePath(base, expandHome(name)))) {
        files.push(await this.read(path, base, depth + 1));
      }
    }
    return { files };
  }
}

/** Wildcards (glob(7)) give their files in the order of names. */
async function filesNamed(path: string): Promise<readonly string[]> {
  if (!/[*?[]/.test(path)) return [path];
  const plain = { braceExpansion: false, extglob: false, globstar: false };
  const pattern = path.replace(/[!(){}@+|]/g, "\\$&");
  const found = await glob(pattern, { absolute: true, expandDirectories: false, ...plain });
  return found.sort();
}

function parseAt(source: string, where: string): ConfigLine | undefined {
  try {
    return parseConfigLine(source);
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Undefined where there is none. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
