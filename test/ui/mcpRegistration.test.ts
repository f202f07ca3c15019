import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CancellationToken, McpHttpServerDefinition } from "vscode";
import { registerMcpServer, type McpRegistration } from "../../src/ui/mcpRegistration";
import { createLogger } from "../support/createTasks";
import { lm, resetEditor } from "../support/vscode";

function createEndpoint() {
  const endpoint = {
    url: "http://127.0.0.1:4711/mcp",
    token: "secret",
    disposed: 0,
    dispose: () => endpoint.disposed++,
  };
  return endpoint;
}

function register(startEndpoint: McpRegistration["startEndpoint"]) {
  const editor = resetEditor();
  const log: string[] = [];
  const registration = registerMcpServer({
    startEndpoint,
    version: "1.2.3",
    logger: createLogger(log),
  });
  const provide = async (): Promise<readonly McpHttpServerDefinition[]> => {
    const definitions = await editor.mcp?.provider.provideMcpServerDefinitions(
      {} as CancellationToken,
    );
    return definitions as McpHttpServerDefinition[];
  };
  return { editor, log, registration, provide };
}

describe("the registration of the MCP server", () => {
  it("gives the address with the token as a header", async () => {
    const { editor, provide } = register(() => Promise.resolve(createEndpoint()));

    const [definition, ...rest] = await provide();

    assert.equal(editor.mcp?.id, "sshTasks.mcp");
    assert.deepEqual(rest, []);
    assert.equal(definition?.label, "SSH Tasks");
    assert.equal(definition.uri.toString(), "http://127.0.0.1:4711/mcp");
    assert.deepEqual(definition.headers, { Authorization: "Bearer secret" });
    assert.equal(definition.version, "1.2.3");
  });

  it("starts the server once, and not before the editor asks for it", async () => {
    let starts = 0;
    const { provide } = register(() => {
      starts++;
      return Promise.resolve(createEndpoint());
    });
    assert.equal(starts, 0);

    await Promise.all([provide(), provide()]);

    assert.equal(starts, 1);
  });

  it("tries again when it is asked again, after the server did not start", async () => {
    let starts = 0;
    const { provide } = register(() =>
      starts++ === 0 ? Promise.reject(new Error("no port")) : Promise.resolve(createEndpoint()),
    );

    assert.deepEqual((await provide()).length, 0);
    assert.deepEqual((await provide()).length, 1);
    assert.equal(starts, 2);
  });

  it("offers nothing and logs it when the server does not start", async () => {
    const { provide, log } = register(() => Promise.reject(new Error("no port")));

    assert.deepEqual(await provide(), []);
    assert.deepEqual(log, ["error: The MCP server did not start: no port"]);
  });

  it("ends with its disposal, and the server with it, also one that was still starting", async () => {
    const endpoint = createEndpoint();
    const { editor, registration, provide } = register(() => Promise.resolve(endpoint));

    const providing = provide();
    registration.dispose();
    await providing;

    assert.equal(editor.mcp, undefined);
    assert.equal(endpoint.disposed, 1);
  });

  it("does without in an editor that has no such API", () => {
    const api = Object.getOwnPropertyDescriptor(lm, "registerMcpServerDefinitionProvider") ?? {};
    Object.defineProperty(lm, "registerMcpServerDefinitionProvider", { ...api, value: undefined });
    try {
      const { log, registration } = register(() => Promise.reject(new Error("never asked")));

      registration.dispose();
      assert.match(log[0] ?? "", /no MCP API/);
    } finally {
      Object.defineProperty(lm, "registerMcpServerDefinitionProvider", api);
    }
  });
});
