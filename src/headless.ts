import { join } from "node:path";
import { parseArgs } from "node:util";
import { version } from "../package.json";
import { McpEndpoint } from "./mcp/mcpEndpoint";
import type { McpServerParts } from "./mcp/mcpServer";
import { serveStdio } from "./mcp/mcpStdio";
import { createGate } from "./gate/createGate";
import { PolicySource } from "./gate/policySource";
import { readGivenSecrets } from "./ssh/givenSecrets";
import { usualAgent } from "./ssh/agentSocket";
import { SshHostCatalog } from "./ssh/hostCatalog";
import { SshHosts } from "./ssh/sshHosts";
import { AuditFile } from "./store/auditFile";
import { GrantsFile } from "./store/grantsFile";
import { openWindowJournal } from "./store/windowJournal";
import { shareTasks } from "./windows/shareTasks";
import { keepAuditTrail } from "./tasks/auditTrail";
import { systemClock as clock, within } from "./tasks/clock";
import type { Logger } from "./tasks/logger";
import { asError } from "./tasks/taskError";
import { defaultLimits, limitNames, whyNoLimit, type LimitName, type Limits } from "./tasks/limits";
import type { RunGate } from "./tasks/runGate";
import { TaskManager } from "./tasks/taskManager";
import { asTransport, transports, type Transport } from "./tasks/transport";

const usage = `Usage: node dist/headless.js --stdio | --http [--port N] [options]

The MCP server of SSH Tasks without VS Code.

  --stdio             serve one client over standard input and output
  --http              serve clients over HTTP on 127.0.0.1; prints one line with the URL and the token
  --port N            with --http: the port to listen on (default: a free one)
  --ssh-config FILE   the ssh config to take hosts from (default: ~/.ssh/config and the system's)
  --known-hosts FILE  the only known_hosts file to trust (default: those of the ssh config)
  --transport KIND    what connections are made with: ssh2 (built in), ssh (the system's), or auto, which is ssh2 unless
                      only ssh gets in (default)
  --tag NAME=A,B      give the hosts with these aliases a tag; may be repeated
  --state-dir DIR     keep tasks in this folder: durable ones go on when the server ends, and the next one has them again
  --allow-all         let clients run commands without asking anybody
  --secret-env NAME=VARIABLE
                      a secret to sign in with, from the environment; may be repeated. NAME is passphrase:FILE or password:ALIAS
  --secrets-fd N      the same from a file descriptor, as a JSON object of names and secrets
  --policy FILE       let clients run what this policy (YAML or JSON) allows
  --audit FILE        write down who ran what (default: audit.jsonl in the --state-dir); commands only by their hashes
  --audit-commands    write down the commands too
  --verbose           log details too, such as each step of a sign-in
  --limit NAME=VALUE  change a limit; may be repeated. NAME is that of a setting sshTasks.limits.NAME
  --help              print this
`;

const nobodyToAsk =
  "Running commands is not allowed here, and this client can't ask its user: start the server with --allow-all, or with --policy FILE.";

/** Bytes of the log that nobody has read; what comes on top of them is dropped. */
const maxUnreadLogBytes = 1024 * 1024;
/** Milliseconds in which a client may read what it was still answered. */
const lastAnswersMs = 500;

let verbose = false;

/** Logs go to standard error: with --stdio, standard output belongs to the protocol. */
const logger: Logger = {
  debug: (message) => {
    if (verbose) log(`debug: ${message}`);
  },
  info: (message) => log(`info: ${message}`),
  warn: (message) => log(`warning: ${message}`),
  error: (message) => log(`error: ${message}`),
};

function log(line: string): void {
  if (process.stderr.writableLength < maxUnreadLogBytes) console.error(line);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  ({ verbose } = options);
  const settings = {
    sshConfigFile: options["ssh-config"],
    knownHostsFile: options["known-hosts"],
    tags: readTags(options.tag),
  };
  const catalog = new SshHostCatalog(() => settings, logger);
  const limits = readLimits(options.limit);
  const agentSocket = usualAgent(process.env, process.platform);
  const policySettings = { policy: undefined, policyFile: options.policy };
  const policy = new PolicySource(() => policySettings, logger);
  const prompt = await readGivenSecrets(options["secret-env"], options["secrets-fd"]);
  const transport = (): Transport => asTransport(options.transport);
  const connecting = { agentSocket, rules: policy, transport, ...(prompt && { prompt }) };
  const hosts = new SshHosts({ catalog, logger, limits, ...connecting });
  const stateDir = options["state-dir"];
  const store = stateDir === undefined ? undefined : await openWindowJournal(stateDir, logger);
  const kept = { rules: policy, ...(store && { store }) };
  const tasks = new TaskManager({ catalog, hosts, clock, logger, limits, ...kept });
  const audit = openAudit(options);
  const gate = openGate(options, { policy, audit, limits, hosts });
  const stop = stopRequested();
  await tasks.restore();
  const trail = keepAuditTrail({ tasks, audit, clock });
  const sharing = store && shareTasks({ lease: store.lease, tasks, logger });
  await serve(options, { tasks, catalog, gate, clock, limits, logger, version }, stop);
  await tasks.shutdown();
  trail.dispose();
  sharing?.dispose();
  store?.dispose();
  hosts.dispose();
  const written = new Promise((resolve) => process.stdout.write("", resolve));
  await within(clock, lastAnswersMs, Promise.all([written, audit.flush()]));
}

type Options = ReturnType<typeof readOptions>;

/** Until there are no more requests, or the server is to stop. */
async function serve(options: Options, parts: McpServerParts, stop: Promise<void>): Promise<void> {
  if (options.stdio) {
    await Promise.race([serveStdio(parts), stop]);
    return;
  }
  const endpoint = await McpEndpoint.start({ ...parts, port: Number(options.port) });
  const { url, token } = endpoint;
  process.stdout.write(`${JSON.stringify({ url, token })}\n`);
  await stop;
  await endpoint.dispose();
}

function openAudit(options: Options): AuditFile {
  const stateDir = options["state-dir"];
  const path =
    options.audit ?? (stateDir === undefined ? undefined : join(stateDir, "audit.jsonl"));
  return new AuditFile({ path, logger, withCommands: () => options["audit-commands"] });
}

function openGate(
  options: Options,
  parts: { policy: PolicySource; audit: AuditFile; limits: Limits; hosts: SshHosts },
): RunGate {
  const { hosts, ...rest } = parts;
  const stateDir = options["state-dir"];
  const { gate } = createGate({
    ...rest,
    ...{ clock, logger, nobodyToAsk },
    hostConsent: () => (options["allow-all"] ? "allow" : "ask"),
    whyNoAddress: (alias) => hosts.whyNoAddress(alias),
    ...(stateDir !== undefined && { store: new GrantsFile(join(stateDir, "grants.json"), logger) }),
  });
  return gate;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      stdio: { type: "boolean", default: false },
      http: { type: "boolean", default: false },
      port: { type: "string", default: "0" },
      "ssh-config": { type: "string" },
      "known-hosts": { type: "string" },
      transport: { type: "string", default: "auto" },
      tag: { type: "string", multiple: true, default: [] },
      "state-dir": { type: "string" },
      "allow-all": { type: "boolean", default: false },
      "secret-env": { type: "string", multiple: true, default: [] },
      "secrets-fd": { type: "string" },
      policy: { type: "string" },
      audit: { type: "string" },
      "audit-commands": { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      limit: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  });
  if (!values.help && values.stdio === values.http) {
    throw new Error("Give one of --stdio and --http.");
  }
  if (values["allow-all"] && values.policy !== undefined) {
    throw new Error("Give one of --allow-all and --policy: a policy may say default: allow.");
  }
  if (asTransport(values.transport) !== values.transport) {
    throw new Error(`--transport takes one of ${transports.join(", ")}.`);
  }
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65535) {
    throw new Error("--port takes a number from 0 to 65535.");
  }
  return values;
}

function readTags(settings: readonly string[]): Record<string, readonly string[]> {
  const tags = settings.map((setting): [string, string[]] => {
    const [, name = "", aliases = ""] = /^([\w.-]{1,50})=([\w.,-]+)$/.exec(setting) ?? [];
    if (name === "") throw new Error("--tag takes NAME=ALIAS, or several aliases with commas.");
    return [name, aliases.split(",")];
  });
  return Object.fromEntries(tags);
}

function readLimits(settings: readonly string[]): Limits {
  const limits: Record<LimitName, number> = { ...defaultLimits };
  for (const setting of settings) {
    const [name = "", value = ""] = setting.split("=", 2);
    const known = limitNames.find((limit) => limit === name);
    if (!known)
      throw new Error(`--limit takes NAME=VALUE with NAME one of ${limitNames.join(", ")}.`);
    const fault = whyNoLimit(known, /^\d+$/.test(value) ? Number(value) : undefined);
    if (fault !== undefined) throw new Error(`--limit: ${fault}.`);
    limits[known] = Number(value);
  }
  return limits;
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP; a second one, of whichever kind, ends the process the usual way. */
function stopRequested(): Promise<void> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of signals) process.off(signal, stop);
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`${asError(error).message}\n\n${usage}`);
    process.exit(2);
  },
);
