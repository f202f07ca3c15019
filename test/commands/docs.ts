// `npm run docs`: makes the pages, and the parts of pages, that come from the code.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { costsHeading, renderCosts } from "../mcp/tokenFigures";
import { repositoryRoot } from "../support/repo";
import { renderToolsPage } from "../support/toolsPage";

const docs = join(repositoryRoot(), "docs");

async function main(): Promise<void> {
  writeFileSync(join(docs, "tools.md"), renderToolsPage());
  const page = join(docs, "mcp-ssh-orchestrator-compatibility.md");
  const [before = ""] = readFileSync(page, "utf8").split(costsHeading, 1);
  writeFileSync(page, before + (await renderCosts()));
}

void main();
