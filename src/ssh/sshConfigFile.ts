import { join } from "node:path";
import { parseConfigLine, type ConfigLine } from "./configLine";
import { ConfigReader, type ConfigSection, type Criterion } from "./configFiles";
import { expandTokens, localAccount } from "./configTokens";
import type { SshHostConfig } from "./hostConfig";
import { hostNameOf, toHostConfig, type HostOptions } from "./hostOptions";
import { meetsCriteria, wantsFinalPass } from "./matchCriteria";
import { matchesPatterns } from "./patterns";

/** Nothing of our own reading is expanded yet. */
const asWritten = (): boolean => false;

/**
 * The ssh config as our own reader has it: it runs no command and asks no network, so that `Match exec` and
 * canonicalisation count for nothing (docs/connecting.md).
 */
export class SshConfigFile {
  private constructor(
    private readonly files: readonly (readonly ConfigSection[])[],
    /** Differs when any file that was read differs. */
    readonly stamp: string,
    /** Whether the file itself is there. */
    readonly exists: boolean,
  ) {}

  /**
   * Reads the file and what it includes, and after it the system's where there is one to read; a file that does not exist
   * is an empty one, as for ssh. Rejects with an Error where one can't be read or taken apart.
   */
  static async read(path: string, system?: string): Promise<SshConfigFile> {
    const reader = new ConfigReader();
    const files = [await reader.read(path, join(localAccount().home, ".ssh"))];
    if (system !== undefined) files.push(await reader.read(system, join(system, "..")));
    return new SshConfigFile(files, reader.stamp, reader.found.has(path));
  }

  /** Names a user can type: those of `Host` lines that are no patterns, in file order. */
  aliases(): string[] {
    const names = this.files.flatMap((sections) =>
      literalNames(sections).filter(
        ({ name, nested }) => !nested || this.reachedPatterns(name).flat().includes(name),
      ),
    );
    return [...new Set(names.map(({ name }) => name))];
  }

  /** Whether a `Host` line has a pattern for the name that says more than that there is one, as `*` does. */
  names(alias: string): boolean {
    return this.reachedPatterns(alias).some(
      (patterns) =>
        matchesPatterns(patterns, alias) &&
        patterns.some((pattern) => /[^*?]/.test(pattern) && matchesPatterns([pattern], alias)),
    );
  }

  /** All but the way there; see `optionsOf`. */
  resolve(alias: string, given?: readonly string[]): SshHostConfig {
    return toHostConfig(alias, this.optionsOf(alias, given));
  }

  /** What the config says of a host. `given` is what goes before it, each as `Name=value` (ssh(1), -o). */
  optionsOf(alias: string, given: readonly string[] = []): HostOptions {
    const pass = new ConfigPass(
      alias,
      given.flatMap((option) => parseConfigLine(option) ?? []),
    );
    for (const sections of this.files) pass.go(sections, true);
    if (pass.isFinalWanted) {
      pass.beginFinal();
      for (const sections of this.files) pass.go(sections, true);
    }
    return { lines: pass.lines, expanded: asWritten };
  }

  /** The patterns of all `Host` lines that count for this name, be it that they match it or not. */
  private reachedPatterns(alias: string): readonly (readonly string[])[] {
    const pass = new ConfigPass(alias, []);
    for (const sections of this.files) pass.go(sections, true);
    return pass.reached;
  }
}

/** Goes through a config for one host, in the order in which its lines count. */
class ConfigPass {
  readonly lines: ConfigLine[];
  readonly reached: (readonly string[])[] = [];
  isFinalWanted = false;
  private isFinal = false;
  private host: string;

  constructor(
    private readonly alias: string,
    given: readonly ConfigLine[],
  ) {
    this.lines = [...given];
    this.host = alias;
  }

  /** The second time goes by the name that the first one has found, and gives no other (ssh.c, main). */
  beginFinal(): void {
    this.host = hostNameOf(this.alias, { lines: this.lines, expanded: asWritten });
    this.lines.push({ keyword: "hostname", words: [this.alias], rest: this.alias });
    this.isFinal = true;
  }

  /** `active` is whether the file's own place counts. */
  go(sections: readonly ConfigSection[], active: boolean): void {
    for (const { criterion, entries } of sections) {
      const holds = this.holds(criterion, active) && active;
      for (const entry of entries) {
        if ("files" in entry) for (const file of entry.files) this.go(file, holds);
        else if (holds) this.lines.push(entry);
      }
    }
  }

  private holds(criterion: Criterion | undefined, active: boolean): boolean {
    if (!criterion) return true;
    if (criterion.kind === "host") {
      if (active) this.reached.push(criterion.patterns);
      return matchesPatterns(criterion.patterns, this.host);
    }
    this.isFinalWanted ||= wantsFinalPass(criterion.criteria);
    return meetsCriteria(criterion.criteria, this.subject);
  }

  private get subject() {
    const { name } = localAccount();
    const find = (wanted: string): string | undefined =>
      this.lines.find(({ keyword }) => keyword === wanted)?.words[0];
    const hostName = expandTokens(find("hostname") ?? this.alias, { "%": "%", h: this.alias });
    return {
      originalHost: this.alias,
      host: this.isFinal ? this.host : hostName,
      user: find("user") ?? name,
      localUser: name,
      isFinal: this.isFinal,
    };
  }
}

interface LiteralName {
  readonly name: string;
  /** Whether it is in a file that only some section includes. */
  readonly nested: boolean;
}

function literalNames(sections: readonly ConfigSection[], nested = false): LiteralName[] {
  return sections.flatMap(({ criterion, entries }) => {
    const patterns = criterion?.kind === "host" ? criterion.patterns : [];
    const own = patterns.filter((name) => !/[*?!]/.test(name)).map((name) => ({ name, nested }));
    const included = entries.flatMap((entry) =>
      "files" in entry
        ? entry.files.flatMap((file) => literalNames(file, nested || criterion !== undefined))
        : [],
    );
    return [...own, ...included];
  });
}
