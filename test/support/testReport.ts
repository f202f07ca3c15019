import type { TestResult } from "./testEvents";

const symbols = { passed: "✔", failed: "✖", skipped: "﹣" } as const;

/** Prints every result as it comes, the failures again in full at the end, and the counts last. */
export class TestReport {
  private readonly counts = { passed: 0, failed: 0, skipped: 0 };
  private readonly failures: string[] = [];

  add(file: string, { outcome, title, ms, error }: TestResult): void {
    this.counts[outcome]++;
    const name = `${file.replace(/\.test\.ts$/, "")} › ${title}`;
    console.log(`${symbols[outcome]} ${name} (${Math.round(ms)} ms)`);
    if (outcome === "failed") this.failures.push(`✖ ${name}\n${indented(error ?? "")}`);
  }

  /** Prints the failures and the counts, and tells whether all is well. */
  finish(): boolean {
    const { passed, failed, skipped } = this.counts;
    if (failed > 0) console.log(`\nFailures\n\n${this.failures.join("\n\n")}`);
    console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
    return failed === 0 && passed + skipped > 0;
  }
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, "    ");
}
