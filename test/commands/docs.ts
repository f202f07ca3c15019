// `npm run docs`: makes the pages that come from the code.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../support/repo";
import { renderToolsPage } from "../support/toolsPage";

writeFileSync(join(repositoryRoot(), "docs/tools.md"), renderToolsPage());
