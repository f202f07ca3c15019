import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { tools } from "../../src/mcp/tools";
import { createMcp } from "./createMcp";

const text = (title: string) => ({ default: "", title, type: "string" });
const integer = (title: string, fallback: number) => ({
  default: fallback,
  title,
  type: "integer",
});
const cancel = {
  task_id: text("Task Id"),
  grace_seconds: { title: "Grace Seconds", type: "number" },
  force: { default: false, title: "Force", type: "boolean" },
  reason: text("Reason"),
};

/** What existing clients rely on, and ours beside it. */
const params: Record<string, Record<string, object>> = {
  ssh_ping: {},
  ssh_list_hosts: {},
  ssh_describe_host: { alias: text("Alias") },
  ssh_plan: { alias: text("Alias"), command: text("Command") },
  ssh_run: {
    alias: text("Alias"),
    command: text("Command"),
    max_seconds: integer("Max Seconds", 60),
  },
  ssh_run_on_tag: {
    tag: text("Tag"),
    command: text("Command"),
    max_seconds: integer("Max Seconds", 60),
  },
  ssh_run_async: {
    alias: text("Alias"),
    command: text("Command"),
    max_seconds: integer("Max Seconds", 0),
    merge: { default: false, title: "Merge", type: "boolean" },
  },
  ssh_wait_task: {
    task_id: text("Task Id"),
    timeout_seconds: integer("Timeout Seconds", 45),
    pattern: text("Pattern"),
    silent_seconds: integer("Silent Seconds", 0),
    cursor: text("Cursor"),
    max_bytes: integer("Max Bytes", 16384),
  },
  ssh_list_tasks: {
    status: text("Status"),
    alias: text("Alias"),
    max_age_seconds: integer("Max Age Seconds", 0),
    limit: integer("Limit", 50),
  },
  ssh_get_task_status: {
    task_id: text("Task Id"),
    include_processes: { default: false, title: "Include Processes", type: "boolean" },
  },
  ssh_get_task_output: {
    task_id: text("Task Id"),
    max_lines: integer("Max Lines", 50),
    cursor: text("Cursor"),
    max_bytes: integer("Max Bytes", 16384),
    stream: text("Stream"),
  },
  ssh_get_task_result: { task_id: text("Task Id") },
  ssh_cancel: cancel,
  ssh_cancel_async_task: cancel,
  ssh_reload_config: {},
};

const readOnly = [true, false, true, false];
const runs = [false, true, false, false];
const cancels = [false, true, true, false];
const annotations: Record<string, boolean[]> = {
  ssh_run: runs,
  ssh_run_async: runs,
  ssh_run_on_tag: runs,
  ssh_cancel: cancels,
  ssh_cancel_async_task: cancels,
};

describe("tools/list", () => {
  it("serves every tool that is defined, each in a file named after it, and no other", async (t) => {
    const { client } = await createMcp(t);

    const { tools: served } = await client.listTools();

    const names = served.map((tool) => tool.name);
    assert.deepEqual(names, Object.keys(params));
    assert.deepEqual(
      names,
      tools.map((tool) => tool.name),
    );
    const files = readdirSync(join(process.cwd(), "src/mcp/tools"));
    const expected = names.map((name) =>
      name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()),
    );
    assert.deepEqual(files.sort(), ["index", ...expected].map((name) => `${name}.ts`).sort());
  });

  it("gives each tool the contract's input schema, every field described", async (t) => {
    const { client } = await createMcp(t);

    for (const tool of (await client.listTools()).tools) {
      const described = tool.inputSchema.properties as Record<string, { description?: string }>;
      const properties: Record<string, object> = {};
      for (const [name, { description, ...rest }] of Object.entries(described)) {
        assert.ok(description && description.length > 10, `${tool.name} describes ${name}`);
        properties[name] = rest;
      }
      assert.deepEqual(
        { ...tool.inputSchema, properties },
        { type: "object", title: `${tool.name}Arguments`, properties: params[tool.name] },
      );
    }
  });

  it("takes at most 3,500 tokens of a model's context", async (t) => {
    const { client } = await createMcp(t);

    const seen = (await client.listTools()).tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      parameters: inputSchema,
    }));

    const tokens = countTokens(JSON.stringify(seen));
    assert.ok(tokens <= 3500, `it takes ${tokens}`);
    t.diagnostic(`${tokens} tokens`);
  });

  it("gives each tool the contract's output schema", async (t) => {
    const { client } = await createMcp(t);

    for (const tool of (await client.listTools()).tools) {
      assert.deepEqual(tool.outputSchema, {
        type: "object",
        title: `${tool.name}Output`,
        required: ["result"],
        properties: {
          result: {
            title: "Result",
            anyOf: [{ type: "object", additionalProperties: true }, { type: "string" }],
          },
        },
      });
    }
  });

  it("states title, description and all four annotations of each tool", async (t) => {
    const { client } = await createMcp(t);

    const { tools: served } = await client.listTools();

    assert.equal(new Set(served.map((tool) => tool.title)).size, served.length);
    for (const { name, title, description = "", annotations: stated } of served) {
      const [readOnlyHint, destructiveHint, idempotentHint, openWorldHint] =
        annotations[name] ?? readOnly;
      assert.ok(title && description.length > 40 && description.length < 400, name);
      assert.deepEqual(stated, { readOnlyHint, destructiveHint, idempotentHint, openWorldHint });
    }
  });
});
