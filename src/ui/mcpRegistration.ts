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
  /** Called once, when VS Code first asks for the server: loading it is nothing for the editor's start to wait for. */
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
  let definitions: Promise<vscode.McpHttpServerDefinition[]> | undefined;
  owned.add(
    vscode.lm.registerMcpServerDefinitionProvider(mcpProviderId, {
      provideMcpServerDefinitions: () => (definitions ??= start(registration, owned)),
    }),
  );
  return owned;
}

async function start(
  { startEndpoint, version, logger }: McpRegistration,
  owned: DisposableStore,
): Promise<vscode.McpHttpServerDefinition[]> {
  try {
    const endpoint = await startEndpoint();
    owned.add({ dispose: () => void endpoint.dispose() });
    const headers = { Authorization: `Bearer ${endpoint.token}` };
    const uri = vscode.Uri.parse(endpoint.url, true);
    return [new vscode.McpHttpServerDefinition("SSH Tasks", uri, headers, version)];
  } catch (error) {
    logger.error(`The MCP server did not start: ${asError(error).message}`);
    return [];
  }
}

/** Editors built from VS Code's sources may lack what our types promise. */
function hasMcpApi(editor: { readonly lm?: Partial<typeof vscode.lm> }): boolean {
  return typeof editor.lm?.registerMcpServerDefinitionProvider === "function";
}
