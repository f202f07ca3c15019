import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpEndpoint } from "../../src/mcp/mcpEndpoint";
import { noGrants, noHostTree, openGate } from "./gates";
import { SshHostCatalog } from "../../src/ssh/hostCatalog";
import { SshHosts } from "../../src/ssh/sshHosts";
import { systemClock } from "../../src/tasks/clock";
import { DisposableStore } from "../../src/tasks/lifecycle";
import { defaultLimits, type Limits } from "../../src/tasks/limits";
import { TaskManager } from "../../src/tasks/taskManager";
import { registerCommands } from "../../src/ui/commands";
import { Notify } from "../../src/ui/notify";
import { TaskPanel, type TaskPanelParts } from "../../src/ui/taskPanel";
import { FakeMemory } from "./fakeMemory";
import { TaskTree } from "../../src/ui/taskTree";
import { Cleanup } from "./cleanup";
import type { Sshd } from "./sshd";
import { resetEditor, Uri } from "./vscode";

/** The whole product on one real host, with a stand-in for the editor alone. */
export interface Product {
  readonly tasks: TaskManager;
  readonly hosts: SshHosts;
  /** What it logged as an error. */
  readonly errors: readonly string[];
  /** A real MCP client over real HTTP. */
  connect(name: string): Promise<Client>;
  close(): Promise<void>;
}

/** Puts the parts together as `extension.ts` does, in a new editor. */
export async function createProduct(
  host: Pick<Sshd, "sshConfigFile" | "knownHostsFile">,
  limits: Limits = defaultLimits,
): Promise<Product> {
  resetEditor();
  const cleanup = new Cleanup();
  const owned = new DisposableStore();
  const errors: string[] = [];
  const record = (message: string): void => void errors.push(message);
  const ignore = (): void => undefined;
  const logger = { debug: ignore, info: ignore, warn: ignore, error: record, show: ignore };
  const notify = new Notify(logger);
  const settings = { sshConfigFile: host.sshConfigFile, knownHostsFile: host.knownHostsFile };
  const catalog = new SshHostCatalog(() => settings, logger);
  const hosts = owned.add(new SshHosts({ catalog, logger, limits, agentSocket: undefined }));
  const clock = systemClock;
  const tasks = new TaskManager({ catalog, hosts, clock, logger, limits });
  cleanup.add(() => owned.dispose());
  cleanup.add(() => tasks.shutdown());
  const gate = openGate;
  const version = "0.0.0";
  const endpoint = await McpEndpoint.start({
    tasks,
    catalog,
    gate,
    clock,
    limits,
    logger,
    version,
  });
  cleanup.add(() => endpoint.dispose());
  owned.add(new TaskTree({ tasks, memory: new FakeMemory() }));
  const extensionUri = Uri.parse("file:///extension") as unknown as TaskPanelParts["extensionUri"];
  const panel = owned.add(new TaskPanel({ extensionUri, tasks, notify }));
  owned.add(registerCommands({ tasks, catalog, hosts, panel, notify, ...noHostTree, ...noGrants }));
  const clients = new Set<Client>();
  cleanup.add(() => Promise.all([...clients].map((client) => client.close())));
  return {
    tasks,
    hosts,
    errors,
    async connect(name) {
      const client = new Client({ name, version: "1.0.0" });
      const requestInit = { headers: { Authorization: `Bearer ${endpoint.token}` } };
      await client.connect(
        new StreamableHTTPClientTransport(new URL(endpoint.url), { requestInit }),
      );
      clients.add(client);
      client.onclose = () => clients.delete(client);
      return client;
    },
    close: () => cleanup.run(),
  };
}
