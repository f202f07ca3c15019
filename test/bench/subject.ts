import type { Cleanup } from "../support/cleanup";
import type { SystemProgram } from "../support/systemPackages";

/** What a subject measures with. */
export interface Bench {
  /** Undone when the subject is through. */
  readonly cleanup: Cleanup;
  /** The folder that takes a CPU profile of each of our servers and extension hosts, when somebody wants them. */
  readonly profiles?: string | undefined;
  /** How many durable tasks live at a time, where that is not to be the full number. */
  readonly crowd?: number | undefined;
}

/** One thing that is measured, against OpenSSH on the same host in the same run. */
export interface Subject {
  readonly name: string;
  readonly programs: readonly SystemProgram[];
  /** @returns its table, in Markdown. */
  measure(bench: Bench): Promise<string>;
}

/** The subjects whose name contains one of the words, or simply every one; throws where that is none. */
export function selectSubjects(
  subjects: readonly Subject[],
  words: readonly string[],
): readonly Subject[] {
  if (words.length === 0) return subjects;
  const selected = subjects.filter(({ name }) => words.some((word) => name.includes(word)));
  if (selected.length > 0) return selected;
  const names = subjects.map(({ name }) => name).join(", ");
  throw new Error(`No subject is called ${words.join(" or ")}. Name some of these: ${names}.`);
}
