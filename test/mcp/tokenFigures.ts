import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { tools } from "../../src/mcp/tools";
import { describeTool } from "../../src/mcp/toolSchemas";
import { countToolTokens, table } from "../support/toolsPage";
import { openMcp, type Fields } from "./createMcp";

/** How the section begins; it is the last of its page. */
export const costsHeading = "## What it costs a model";

/** What the command of a round prints. */
const printed = Array.from({ length: 20 }, (_, n) => `ok ${n + 1} - a test that passes\n`).join("");

/** The section of the compatibility page about tokens, measured anew. */
export async function renderCosts(): Promise<string> {
  const rounds = [
    await measureRound([], "ssh_wait_task"),
    await measureRound(["ssh_get_task_status"], "ssh_get_task_result"),
  ];
  return `${[
    costsHeading,
    "In tokens (o200k), measured by `npm run docs`; a test compares. Those of the other project were not measured.",
    table(["what", "tokens"], toolFigures()),
    "A round is one command from its start until its output and exit code are known, here of 20 lines. The calls with their " +
      "arguments count, and the text of their answers. The second is what a client does that knows the tools of the contract " +
      "only, when it asks once how the task is doing.",
    table(["round", "calls", "tokens", "of them the output"], rounds),
  ].join("\n\n")}\n`;
}

function toolFigures(): string[][] {
  const listed = tools.map(describeTool);
  return [
    ["all tools: names, descriptions, parameters", String(countToolTokens(listed))],
    ["the whole answer to `tools/list`", String(countTokens(JSON.stringify({ tools: listed })))],
    ...listed.map((tool) => [`\`${tool.name}\``, String(countToolTokens([tool]))]),
  ];
}

/** A round of `ssh_run_async`, tools that are called while the command runs, and the one that has its end. */
async function measureRound(during: readonly string[], last: string): Promise<string[]> {
  const { ask, clock, hosts, close } = await openMcp();
  const texts: string[] = [];
  const call = async (name: string, args: Fields): Promise<Fields> => {
    const answer = await ask(name, args);
    texts.push(JSON.stringify({ name, arguments: args }), JSON.stringify(answer, undefined, 2));
    return answer;
  };
  const { task_id } = await call("ssh_run_async", { alias: "build01", command: "npm test" });
  const remote = hosts.last;
  remote.run();
  remote.write("stdout", printed);
  await clock.advance(12_000);
  for (const tool of during) await call(tool, { task_id });
  remote.exit(0);
  await clock.advance(0);
  await call(last, { task_id });
  await close();
  const names = ["ssh_run_async", ...during, last].map((name) => `\`${name}\``).join(", ");
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  return [names, String(texts.length / 2), String(tokens), String(countTokens(printed))];
}
