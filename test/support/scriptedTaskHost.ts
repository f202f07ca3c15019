import type { TestContext } from "node:test";
import type { ServerChannel } from "ssh2";
import { ConnectionPool } from "../../src/ssh/connectionPool";
import { ControlChannel } from "../../src/ssh/controlChannel";
import { startScriptedSshServer } from "./scriptedSshServer";
import { controlOnly } from "./launches";

/** A shell of the host that has read a script of ours: it runs a task or answers for tasks. */
export interface ScriptedShell {
  readonly does: "task" | "control";
  readonly nonce: string;
  readonly channel: ServerChannel;
  /** What it was sent behind its script. */
  readonly sent: () => string;
  /** Lines of its own, each with the nonce before it. */
  readonly say: (...lines: readonly string[]) => void;
  /** Lines of its answer to a request, whose nonce is the second word of the line it was sent. */
  readonly answer: (request: string, ...lines: readonly string[]) => void;
}

export interface ScriptedTaskHost {
  readonly pool: ConnectionPool;
  /** In the order in which their scripts came. */
  readonly shells: ScriptedShell[];
  /** The lines that its shells for requests were sent, in order. */
  readonly requests: { readonly shell: ScriptedShell; readonly line: string }[];
}

/** A host whose shells say what the test says; each that answers for tasks is ready at once. All ends with the test. */
export async function startScriptedTaskHost(t: TestContext): Promise<ScriptedTaskHost> {
  const shells: ScriptedShell[] = [];
  const requests: { shell: ScriptedShell; line: string }[] = [];
  const server = await startScriptedSshServer((channel) => {
    let shell: ScriptedShell | undefined;
    let text = "";
    channel.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      if (!shell) {
        const call = /\n\{ 'st_(attached|control)' '([0-9a-f]{32})'[^]*; exit \$\?; \}\n/.exec(
          text,
        );
        if (!call) return; // the script has more to come
        text = text.slice(call.index + call[0].length);
        const does = call[1] === "control" ? "control" : "task";
        shell = createShell(channel, does, String(call[2]), () => text);
        shells.push(shell);
        if (does === "control") shell.say("READY");
      }
      const lines = text.split("\n").slice(0, -1);
      const known = requests.filter((request) => request.shell === shell).length;
      if (shell.does === "control")
        for (const line of lines.slice(known)) requests.push({ shell, line });
    });
  });
  const pool = new ConnectionPool(
    () => server.connect(),
    { maxConnectionsPerHost: 4, maxTasksPerConnection: 4, idleConnectionSeconds: 60 },
    controlOnly((connection) => ControlChannel.open(connection, { alias: "scripted", seconds: 5 })),
  );
  t.after(async () => {
    pool.dispose();
    await server.close();
  });
  return { pool, shells, requests };
}

function createShell(
  channel: ServerChannel,
  does: ScriptedShell["does"],
  nonce: string,
  sent: () => string,
): ScriptedShell {
  const write = (name: string, lines: readonly string[]): void =>
    void channel.write(lines.map((line) => `\n${name} ${line}\n`).join(""));
  return {
    does,
    nonce,
    channel,
    sent,
    say: (...lines) => write(nonce, lines),
    answer: (request, ...lines) => write(String(request.split(" ")[1]), lines),
  };
}
