import type { Tool as ListedTool } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { Tool } from "./defineTool";

/** The tool as tools/list shows it. */
export function describeTool(tool: Tool): ListedTool {
  const { name, title, description, annotations } = tool;
  return {
    name,
    title,
    description,
    inputSchema: inputSchema(tool),
    outputSchema: outputSchema(name),
    annotations: { ...annotations },
  };
}

/** Nothing is required and more than is listed may be sent, as the contract has it. */
function inputSchema({ name, params }: Tool): ListedTool["inputSchema"] {
  const { properties } = z.toJSONSchema(params, {
    io: "input",
    // zod leaves the default of what it transforms out of the schema of its input.
    override: ({ zodSchema, jsonSchema }) =>
      void Object.assign(jsonSchema, z.globalRegistry.get(zodSchema)),
  });
  return {
    type: "object",
    title: `${name}Arguments`,
    properties: (properties ?? {}) as Record<string, object>,
  };
}

/** The same for every tool: an object or a sentence, in `result`. */
function outputSchema(name: string): ListedTool["outputSchema"] {
  const result = {
    title: "Result",
    anyOf: [{ type: "object", additionalProperties: true }, { type: "string" }],
  };
  return {
    type: "object",
    title: `${name}Output`,
    required: ["result"],
    properties: { result },
  };
}
