import { join } from "node:path";
import type { ExtensionContext } from "vscode";
import { version } from "../package.json";
import type { McpEndpoint } from "./mcp/mcpEndpoint";
import { createGate, type CreateGateParts, type OpenGate } from "./gate/createGate";
import { consentFor } from "./gate/hostConsent";
import { PolicySource } from "./gate/policySource";
import { usualAgent } from "./ssh/agentSocket";
import { SshHostCatalog } from "./ssh/hostCatalog";
import { SshHosts } from "./ssh/sshHosts";
import { AuditFile } from "./store/auditFile";
import { GrantsFile } from "./store/grantsFile";
import { openWindowJournal } from "./store/windowJournal";
import { shareTasks } from "./windows/shareTasks";
import { keepAuditTrail } from "./tasks/auditTrail";
import { systemClock, within } from "./tasks/clock";
import type { Disposable } from "./tasks/lifecycle";
import { TaskManager } from "./tasks/taskManager";
import { consentDialog } from "./ui/consentDialog";
import { tellOfEnds } from "./ui/endNotices";
import { registerCommands, type CommandParts } from "./ui/commands";
import { HostTree } from "./ui/hostTree";
import { followLimitSettings } from "./ui/limitSettings";
import { registerMcpServer } from "./ui/mcpRegistration";
import { Notify } from "./ui/notify";
import { openLog } from "./ui/outputChannel";
import { restoreTasks } from "./ui/restoreTasks";
import {
  auditsCommands,
  durability,
  readConsentSetting,
  readNotifyAfterSeconds,
  readPolicySettings,
  readSettings,
  readTransport,
} from "./ui/settings";
import { EditorSignInPrompt } from "./ui/signInPrompt";
import { showRunningInStatusBar } from "./ui/statusBar";
import { TaskPanel, type TaskPanelParts } from "./ui/taskPanel";
import { TaskTerminals } from "./ui/taskTerminal";
import { TaskTree, type TaskTreeParts } from "./ui/taskTree";

/** Milliseconds that the last records of the audit may take; VS Code waits for 5 seconds in all. */
const lastRecordsMs = 500;

/** What `deactivate` does; set by `activate`. */
let shutDown: () => Promise<void> = () => Promise.resolve();

/** Builds the parts in the order they depend on each other and introduces them to each other. */
export async function activate(context: ExtensionContext): Promise<void> {
  const { subscriptions, extensionUri, globalStorageUri, globalState } = context;
  const own = <T extends { dispose(): unknown }>(part: T): T => {
    subscriptions.push(part);
    return part;
  };
  const logger = openLog();
  const notify = new Notify(logger);

  const catalog = new SshHostCatalog(readSettings, logger);
  const limits = own(followLimitSettings(logger));
  const agentSocket = usualAgent(process.env, process.platform);
  const policy = new PolicySource(readPolicySettings, logger);
  const prompt = new EditorSignInPrompt(context.secrets);
  const way = { agentSocket, rules: policy, prompt, transport: readTransport };
  const hosts = new SshHosts({ catalog, logger, limits, ...way });
  const forgetSecrets = (): Promise<number> => (hosts.forgetSecrets(), prompt.forget());
  const clock = systemClock;
  const inStorage = (name: string): string => join(globalStorageUri.fsPath, name);
  const store = await openWindowJournal(inStorage("tasks"), logger).catch(
    (error: unknown) => void notify.error(error),
  );
  const kept = { durability, rules: policy, ...(store && { store }) };
  const tasks = new TaskManager({ catalog, hosts, clock, logger, limits, ...kept });
  const auditFile = inStorage("audit.jsonl");
  const audit = new AuditFile({ path: auditFile, logger, withCommands: auditsCommands });
  const trail = keepAuditTrail({ tasks, audit, clock });
  // Not among the subscriptions: VS Code disposes those at once, and what still runs needs connections to be ended over.
  const sharing = store && shareTasks({ lease: store.lease, tasks, logger });
  shutDown = async () => {
    await tasks.shutdown();
    trail.dispose();
    await within(clock, lastRecordsMs, audit.flush());
    sharing?.dispose();
    store?.dispose();
    hosts.dispose();
    logger.dispose();
  };

  const grantsFile = new GrantsFile(inStorage("grants.json"), logger);
  const gateParts = { policy, audit, clock, logger, limits, store: grantsFile };
  const { gate, grants } = openGate(hosts, gateParts);
  const startEndpoint = async (): Promise<McpEndpoint> => {
    const { McpEndpoint } = await import("./mcp/mcpEndpoint");
    return McpEndpoint.start({ tasks, catalog, gate, clock, limits, logger, version });
  };
  own(registerMcpServer({ startEndpoint, version, logger }));

  const memory = globalState;
  const face = { memory, extensionUri, catalog, hosts, notify, grants, auditFile, forgetSecrets };
  registerFace(own, { ...face, tasks });
  void restoreTasks({ tasks, notify, memory: globalState });
}

type FaceParts = Omit<CommandParts, "hostTree" | "panel" | "taskTree" | "terminals"> &
  TaskPanelParts &
  TaskTreeParts & { tasks: TaskManager };

/** What a person sees, and what they do there. */
function registerFace(own: <T extends Disposable>(part: T) => T, parts: FaceParts): void {
  const taskTree = own(new TaskTree(parts));
  const hostTree = own(new HostTree(parts));
  const panel = own(new TaskPanel(parts));
  const terminals = new TaskTerminals(parts);
  own(registerCommands({ ...parts, hostTree, taskTree, panel, terminals }));
  own(showRunningInStatusBar(parts.tasks));
  own(tellOfEnds({ ...parts, panel, afterSeconds: readNotifyAfterSeconds }));
}

/** What agents may start, by the policy, the settings, and the word of whoever sits at the editor. */
function openGate(
  hosts: SshHosts,
  parts: Pick<CreateGateParts, "policy" | "audit" | "clock" | "logger" | "limits" | "store">,
): OpenGate {
  return createGate({
    ...parts,
    asker: consentDialog,
    nobodyToAsk: "", // there is somebody
    hostConsent: (alias) => consentFor(readConsentSetting(), alias),
    whyNoAddress: (alias) => hosts.whyNoAddress(alias),
  });
}

/** VS Code waits for it when the window closes or the extension is switched off: what is attached ends first. */
export function deactivate(): Promise<void> {
  return shutDown();
}
