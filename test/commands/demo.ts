// `npm run demo`: the main job without VS Code, in seconds. An MCP client starts a process tree on a demo SSH host,
// follows its output, cancels it, and shows the receipt beside what the machine itself says is left.
import { Cleanup } from "../support/cleanup";
import { startDemoHost } from "../support/demoHost";
import { eventually } from "../support/eventually";
import { callTool, startHeadless } from "../support/headless";
import { findProcesses, processTreeCommand, uniqueMarker } from "../support/processes";
import { ensureSystemPrograms } from "../support/systemPackages";

const cleanup = new Cleanup();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => void cleanup.run().finally(() => process.exit(130)));
}

void main();

async function main(): Promise<void> {
  let exitCode = 0;
  try {
    await demonstrate();
  } catch (error) {
    console.error(error);
    exitCode = 1;
  }
  await cleanup.run();
  process.exit(exitCode);
}

async function demonstrate(): Promise<void> {
  ensureSystemPrograms(["sshd", "ssh-keygen"]);
  const host = await startDemoHost();
  cleanup.add(() => host.close());
  say(`A demo SSH host listens on ${host.host}:${host.port}; it trusts a key made for this run.`);
  const server = await startHeadless(host);
  cleanup.add(() => server.close());
  const client = await server.connect("demo");
  say(`An MCP client is connected to the headless server at ${server.url}.`);

  const marker = uniqueMarker();
  const countdown = "for i in 1 2 3; do echo line $i; sleep 0.3; done";
  const command = `${countdown}; ${processTreeCommand(marker)}`;
  const { task_id: id } = await call("ssh_run_async", { alias: "demo", command });
  say("The command prints three lines, then leaves processes behind in five different ways.");

  let printed = 0;
  await eventually("the command has printed its lines and started its processes", async () => {
    const { output_lines: lines } = await call("ssh_get_task_output", { task_id: id }, false);
    const all = Array.isArray(lines) ? lines : [];
    for (const line of all.slice(printed)) console.log(`  | ${String(line)}`);
    printed = Math.max(printed, all.length);
    return printed === 3 && findProcesses(marker).length === 5;
  });
  say(`Processes of it on the host, counted from outside: ${findProcesses(marker).length}`);
  const { receipt, note } = await call("ssh_cancel_async_task", { task_id: id });
  console.log(JSON.stringify(receipt, undefined, 2));
  say(String(note));
  say(`Processes of it on the host, counted from outside: ${findProcesses(marker).length}`);

  async function call(tool: string, args: Record<string, unknown>, show = true) {
    if (show) console.log(`\n> ${tool} ${JSON.stringify(args)}`);
    return callTool(client, tool, args);
  }
}

function say(text: string): void {
  console.log(`\n${text}`);
}
