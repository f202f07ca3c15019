import * as vscode from "vscode";
import { DisposableStore, type Disposable } from "../tasks/lifecycle";
import type { Logger } from "../tasks/logger";
import { asError } from "../tasks/taskError";
import { mcpProviderId } from "./commandIds";

/** An MCP server that listens: where, and what opens it. */
export interface McpEndpoint {
  readonly url: string;
  readonly token: string;
  dispose(): unknown;
}

export interface McpRegistration {
  /** Called once, unless it fails, when VS Code first asks for the server: loading it is nothing for the editor's start to wait for. */
  readonly startEndpoint: () => Promise<McpEndpoint>;
  readonly version: string;
  readonly logger: Pick<Logger, "info" | "error">;
}

/** Tells VS Code's agent mode where our MCP server is, and ends the server with itself; an editor without that API goes without. */
export function registerMcpServer(registration: McpRegistration): Disposable {
  if (!hasMcpApi(vscode)) {
    const { logger } = registration;
    logger.info("This editor has no MCP API; agents can't reach SSH Tasks through it.");
    return { dispose: () => undefined };
  }
  const owned = new DisposableStore();
  let definition: Promise<vscode.McpHttpServerDefinition> | undefined;
  const provide = async (): Promise<vscode.McpHttpServerDefinition[]> => {
    try {
      return [await (definition ??= start(registration, owned))];
    } catch (error) {
      definition = undefined; // the next question is another attempt
      registration.logger.error(`The MCP server did not start: ${asError(error).message}`);
      return [];
    }
  };
  owned.add(
    vscode.lm.registerMcpServerDefinitionProvider(mcpProviderId, {
      provideMcpServerDefinitions: provide,
    }),
  );
  return owned;
}

/** Rejects as `startEndpoint` does. */
async function start(
  { startEndpoint, version }: McpRegistration,
  owned: DisposableStore,
): Promise<vscode.McpHttpServerDefinition> {
  const endpoint = await startEndpoint();
  owned.add({ dispose: () => void endpoint.dispose() });
  const headers = { Authorization: `Bearer ${endpoint.token}` };
  const uri = vscode.Uri.parse(endpoint.url, true);
  return new vscode.McpHttpServerDefinition("SSH Tasks", uri, headers, version);
}

/** Editors built from VS Code's sources may lack what our types promise. */
function hasMcpApi(editor: { readonly lm?: Partial<typeof vscode.lm> }): boolean {
  return typeof editor.lm?.registerMcpServerDefinitionProvider === "function";
}
