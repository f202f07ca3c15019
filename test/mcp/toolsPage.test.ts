import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { repositoryRoot } from "../support/repo";
import { renderToolsPage, words } from "../support/toolsPage";

it("docs/tools.md says what the definitions say: npm run docs makes it anew", () => {
  const page = readFileSync(join(repositoryRoot(), "docs/tools.md"), "utf8");

  assert.equal(words(page), words(renderToolsPage()));
});
