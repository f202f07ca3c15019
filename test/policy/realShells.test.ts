import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { anything, matchGlob } from "../../src/policy/glob";
import { readShellCommand, type SimpleCommand } from "../../src/policy/shellReader";
import { ensureSystemPrograms } from "../support/systemPackages";
import { composed, noise, programNames, simpleCommand } from "./shellLines";
import { ShellRecorder, shells, type RecordedLine } from "./shellRecorder";

const seed = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
const lineCount = Number(process.env.FC_LINES ?? 800);

describe(`real shells, with lines of seed ${seed}`, () => {
  let recorder: ShellRecorder;
  before(() => {
    ensureSystemPrograms(["busybox", "zsh"]);
    recorder = new ShellRecorder(programNames);
  });
  after(() => recorder.dispose());

  const lines = generateLines();

  for (const [name, shell] of Object.entries(shells)) {
    it(`${name} runs nothing that was not read`, async () => {
      const recorded = await recorder.record(shell, lines);

      assert.equal(recorded.length, lines.length);
      const surprises = lines.flatMap((line, index) => surprisesOf(line, recorded[index]));
      assert.deepEqual(surprises, []);
      const runs = recorded.reduce((sum, line) => sum + line.runs.length, 0);
      assert.ok(runs > lineCount / 2, `only ${runs} programs ran`);
    });
  }

  it("run all that was read of a line without conditions, in any of the four", async () => {
    const chain = fc
      .array(simpleCommand(fc.constantFrom(...programNames)), { minLength: 1, maxLength: 3 })
      .map((commands) => commands.join("\n"));
    const plain = fc
      .sample(chain, { seed, numRuns: 100 })
      .filter((line) => !/[=*?[{~$]/.test(line));

    for (const shell of Object.values(shells)) {
      const recorded = await recorder.record(shell, plain);
      for (const [index, line] of plain.entries()) {
        assert.deepEqual(
          recorded[index]?.runs,
          readParts(line).map(({ words }) => words),
          line,
        );
      }
    }
  });
});

/** Only lines that are read: what is refused never reaches a shell. */
function generateLines(): string[] {
  const command = simpleCommand(fc.constantFrom(...programNames));
  const options = { seed, numRuns: 40 * lineCount };
  const [made, noisy] = [composed(command), noise].map((kind) => [
    ...new Set(fc.sample(kind, options).filter((line) => readParts(line).length > 0)),
  ]);
  return [...(made ?? []).slice(0, lineCount / 2), ...(noisy ?? []).slice(0, lineCount / 2)];
}

function readParts(line: string): readonly SimpleCommand[] {
  const reading = readShellCommand(line);
  return reading.kind === "read" ? reading.commands : [];
}

function surprisesOf(line: string, recorded: RecordedLine | undefined): string[] {
  const parts = readParts(line);
  return (recorded?.runs ?? [])
    .filter((run) => !parts.some((part) => isRunOf(run, part)))
    .map((run) => `${JSON.stringify(line)} ran ${JSON.stringify(run)}`);
}

/** Where a word is an expansion, the words from there on are any. */
function isRunOf(run: readonly string[], { words, assignments }: SimpleCommand): boolean {
  const candidates = [words, [...assignments, ...words]];
  return candidates.some((candidate) => {
    if (!candidate.some((word) => word.includes(anything))) {
      return JSON.stringify(run) === JSON.stringify(candidate);
    }
    const pattern = candidate.map((word) => escapeGlob(word)).join("*");
    return matchGlob(pattern, run.join(" ")) !== "no";
  });
}

function escapeGlob(word: string): string {
  return word.replace(/[[*?]/g, "[$&]").replaceAll(anything, "*");
}
