import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { tools } from "../../src/mcp/tools";
import { describeTool } from "../../src/mcp/toolSchemas";
import { repositoryRoot } from "../support/repo";
import { words } from "../support/toolsPage";
import { createQuickContract } from "./contract/createContract";
import { resultOf, type Fields } from "./createMcp";
import { costsHeading, renderCosts } from "./tokenFigures";

const page = readFileSync(
  join(repositoryRoot(), "docs/mcp-ssh-orchestrator-compatibility.md"),
  "utf8",
);
const ours = ["ssh_wait_task", "ssh_list_tasks"];
const contract = tools.filter(({ name }) => !ours.includes(name));
const run = { alias: "build01", command: "id" };

/** The cells of every row of the tables below a heading, without their heads. */
function rowsBelow(heading: string): string[][] {
  const [, section = ""] = page.split(`\n${heading}\n`);
  const lines = (section.split(/\n##+ /, 1)[0] ?? "").split("\n");
  const isRule = (line = ""): boolean => line.startsWith("| -");
  return lines
    .filter((line, index) => line.startsWith("|") && !isRule(line) && !isRule(lines[index + 1]))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1));
}

describe("the compatibility page", () => {
  it("has every tool of the contract", () => {
    assert.equal(contract.length, 13);
    for (const { name } of contract) assert.notDeepEqual(rowsBelow(`### ${name}`), [], name);
  });

  it("has every parameter of those tools", () => {
    for (const tool of contract) {
      const text = JSON.stringify(rowsBelow(`### ${tool.name}`));

      for (const name of Object.keys(describeTool(tool).inputSchema.properties ?? {})) {
        assert.ok(text.includes(`\`${name}\``), `${tool.name}: ${name}`);
      }
    }
  });

  it("has every field of their answers", async (t) => {
    const { call, ask } = await createQuickContract(t, { aliases: ["build01"] });
    const { task_id } = await ask("ssh_run_async", run);
    const args: Record<string, Fields> = {
      ssh_describe_host: run,
      ssh_plan: run,
      ssh_run: run,
      ssh_run_async: run,
      ssh_run_on_tag: { tag: "web", command: "id" },
      ssh_get_task_status: { task_id },
      ssh_get_task_output: { task_id },
      ssh_get_task_result: { task_id },
      ssh_cancel: { task_id },
      ssh_cancel_async_task: { task_id },
    };

    for (const { name } of contract) {
      const text = JSON.stringify(rowsBelow(`### ${name}`));
      const result = resultOf(await call(name, args[name] ?? {})) as Fields;
      const shared = name === "ssh_cancel" ? ["status", "note", "exit_code"] : [];
      for (const field of Object.keys(result)) {
        const isThere = shared.includes(field) || text.includes(`\`${field}\``);
        assert.ok(isThere || text.includes(`\`${field}.`), `${name}: ${field}`);
      }
    }
  });

  it("says of each field one of three words", () => {
    const known = ["same", "extended", "right where it was wrong"];
    const headings = page.match(/^##+ .*$/gm) ?? [];
    for (const heading of headings) {
      if (/^## What (was wrong|it costs)/.test(heading)) continue;
      for (const [field, as = ""] of rowsBelow(heading)) {
        assert.ok(known.includes(as), `${heading}: ${String(field)} is ${as}`);
      }
    }
  });

  it("names tests that there are", () => {
    const rows = rowsBelow("## What was wrong");
    assert.ok(rows.length > 30);
    for (const [, , test = ""] of rows) {
      const [, file = "", title = ""] = /^`([\w/]+)`: (.+)$/.exec(test) ?? [];
      const source = readFileSync(join(repositoryRoot(), "test", `${file}.test.ts`), "utf8");
      assert.ok(source.replaceAll("\\", "").includes(title), test);
    }
  });

  it("has the figures that are measured here: npm run docs measures them anew", async () => {
    const costs = page.slice(page.indexOf(costsHeading));

    assert.equal(words(costs), words(await renderCosts()));
  });
});
