import type { Tool as ListedTool } from "@modelcontextprotocol/sdk/types.js";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { prompts } from "../../src/mcp/prompts";
import { listResources, resourceTemplates } from "../../src/mcp/resources/resources";
import { tools } from "../../src/mcp/tools";
import { describeTool } from "../../src/mcp/toolSchemas";

interface Parameter {
  readonly type: string;
  readonly default?: unknown;
  readonly description?: string;
}

/** What a model is given of the tools: names, descriptions and parameters. */
export function countToolTokens(listed: readonly ListedTool[] = tools.map(describeTool)): number {
  const seen = listed.map(({ name, description, inputSchema }) => ({
    name,
    description,
    parameters: inputSchema,
  }));
  return countTokens(JSON.stringify(seen));
}

/** `docs/tools.md`, made from the definitions of tools, resources and prompts. */
export function renderToolsPage(): string {
  return `${[
    "# Tools, resources and prompts",
    "_Made from their definitions by `npm run docs`; a test compares._ [Compatibility](mcp-ssh-orchestrator-compatibility.md) says how they relate to " +
      "those of the project that this one succeeds, [the page on cancels](cancel.md) what a receipt says.",
    `All tools together take ${countToolTokens()} tokens of a model's context (o200k), as \`tools/list\` gives them.`,
    ...beforeACommand,
    ...tools.map((tool) => renderTool(describeTool(tool))),
    "## Resources",
    table(
      ["URI", "what it gives"],
      [...listResources([]), ...resourceTemplates].map((resource) => [
        `\`${"uri" in resource ? resource.uri : resource.uriTemplate}\``,
        String(resource.description),
      ]),
    ),
    "A client that subscribes to one is told when it changes, and one that has read the list when tasks come or go.",
    "## Prompts",
    table(
      ["name", "for"],
      prompts.map(({ name, description }) => [`\`${name}\``, String(description)]),
    ),
  ].join("\n\n")}\n`;
}

/** The two confirmations of VS Code, which look alike to nobody who has seen both. */
const beforeACommand = [
  "## Before a command runs",
  "In VS Code a person is asked twice before an agent's first command on a host. VS Code's own card, in the chat, asks for the tool, and remembers what it was told; " +
    "[our question](consent.md) asks for the host, after what the policy says.",
  "![VS Code's card: may the agent use this tool?](images/card.png) ![Our question: may an agent run a command on this host?](images/consent.png)",
  "Tools that read only, and those that cancel, ask for nothing on our side. Where nobody can be asked, `ssh_plan` says so, and the run tools are refused with what would open them.",
];

function renderTool({ name, title, description, inputSchema, annotations }: ListedTool): string {
  const parameters = Object.entries(inputSchema.properties ?? {}) as [string, Parameter][];
  const hints = [
    annotations?.readOnlyHint ? "reads only" : "",
    annotations?.destructiveHint ? "may change things" : "",
    annotations?.idempotentHint && !annotations.readOnlyHint ? "twice is once" : "",
  ].filter(Boolean);
  return [
    `## ${name}`,
    `_${String(title)}; ${hints.join(", ")}._ ${String(description)}`,
    parameters.length === 0
      ? "It takes nothing."
      : table(
          ["parameter", "type", "default", "what it is"],
          parameters.map(([parameter, schema]) => [
            `\`${parameter}\``,
            schema.type,
            schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``,
            String(schema.description),
          ]),
        ),
  ].join("\n\n");
}

/** The table in Markdown, not aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A page without the padding of its tables and the breaks of its lines, which prettier chooses. */
export function words(markdown: string): string {
  return markdown.replace(/-{3,}/g, "---").replace(/\s+/g, " ").trim();
}
