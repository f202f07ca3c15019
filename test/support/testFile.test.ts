import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { findProcesses, uniqueMarker } from "./processes";
import { runTestFile, type TestFileOptions } from "./testFile";
import type { TestResult } from "./testEvents";

type Bounds = Pick<TestFileOptions, "silenceMs" | "testTimeoutMs">;

describe("runTestFile", () => {
  const dir = mkdtempSync(join(tmpdir(), "ssh-tasks-"));
  after(() => rmSync(dir, { recursive: true }));

  async function results(code: string, bounds: Bounds = {}): Promise<TestResult[]> {
    const path = join(dir, "some.test.js");
    writeFileSync(path, `const test = require("node:test");\n${code}`);
    const found: TestResult[] = [];
    const signal = new AbortController().signal;
    await runTestFile({ path, onResult: (result) => found.push(result), signal, ...bounds });
    return found;
  }

  async function outcomes(code: string, bounds?: Bounds): Promise<string[]> {
    return (await results(code, bounds)).map(({ outcome, title }) => `${outcome}: ${title}`);
  }

  it("tells of every test, with its suites", async () => {
    const code = `test.describe("s", () => { test.it("a", () => console.log("noise")); test.it.skip("b", () => {}); });`;

    assert.deepEqual(await outcomes(code), ["passed: s › a", "skipped: s › b"]);
  });

  it("keeps the whole error of a failure", async () => {
    const [failure] = await results(
      `test.it("a", () => { throw new Error("out", { cause: new Error("in") }); });`,
    );

    assert.match(failure?.error ?? "", /Error: out[\s\S]*cause[\s\S]*Error: in/);
  });

  it("takes a crash for a failure, and shows what was printed", async () => {
    const [failure] = await results(`console.error("last words"); process.exit(3);`);

    assert.equal(failure?.title, "the file ended with exit code 3");
    assert.match(failure.error ?? "", /last words/);
  });

  it("takes a file without tests for a failure", async () => {
    assert.deepEqual(await outcomes(""), ["failed: the file ran no test"]);
  });

  it("ends a file that does not end by itself", async () => {
    const code = `test.it("a", () => {}); setInterval(() => {}, 1000);`;

    assert.deepEqual(await outcomes(code, { silenceMs: 1_000 }), [
      "passed: a",
      "failed: the file does not end: silent for 1 s",
    ]);
  });

  it("removes what a file leaves behind, processes and files", async () => {
    const marker = uniqueMarker();
    const code = `
      const { spawn } = require("node:child_process");
      const dir = require("node:fs").mkdtempSync(require("node:os").tmpdir() + "/left-");
      test.it(dir, () => spawn("setsid", ["sleep", "${marker}.1"], { stdio: "inherit" }).unref());`;

    const [result] = await results(code);

    assert.deepEqual(findProcesses(marker), []);
    assert.equal(existsSync(result?.title ?? tmpdir()), false);
  });

  it("counts a failing hook of a suite", async () => {
    const code = `test.describe("s", () => { test.before(() => { throw new Error("no"); }); test.it("a", () => {}); });`;

    assert.ok((await outcomes(code)).some((line) => line.startsWith("failed: s")));
  });

  it("gives each test a bound unless it or its suite names one", async () => {
    const code = `
      const slow = () => new Promise((resolve) => setTimeout(resolve, 600));
      test.it("plain", slow);
      test.it("patient", { timeout: 5000 }, slow);
      test.describe("patient suite", { timeout: 5000 }, () => { test.it("a", slow); });`;

    const found = await results(code, { testTimeoutMs: 200 });

    const outcomes = found.map(({ outcome, title }) => `${outcome}: ${title}`);
    assert.deepEqual(outcomes, ["failed: plain", "passed: patient", "passed: patient suite › a"]);
    assert.match(found[0]?.error ?? "", /timed out after 200ms/);
  });
});
