import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { selectSubjects, type Subject } from "./subject";

const subjects = ["run", "run-many", "load"].map((name): Subject => ({
  name,
  programs: [],
  measure: () => Promise.resolve(""),
}));
const select = (...words: string[]): string[] =>
  selectSubjects(subjects, words).map(({ name }) => name);

describe("the words of npm run bench", () => {
  it("select the subjects whose name contains one of them, in the order of the list", () => {
    assert.deepEqual(select("load", "many"), ["run-many", "load"]);
  });

  it("select every subject when there are none", () => {
    assert.deepEqual(select(), ["run", "run-many", "load"]);
  });

  it("are refused with the names there are when no subject is called so", () => {
    assert.throws(() => select("cancle"), /cancle\. Name some of these: run, run-many, load\.$/);
  });
});
