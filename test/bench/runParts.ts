import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import type { Client } from "ssh2";
import { attachedScript, endHeard } from "../../src/ssh/remoteScripts";
import { startBed } from "./bed";
import { interleave, median } from "./measure";
import { digits, table } from "./report";
import { closed, openClient, openExec } from "./ssh2Client";
import type { Bench, Subject } from "./subject";

const rounds = 60;

/** What each part of a task costs, over one connection of ssh2. */
export const runParts: Subject = {
  name: "run-parts",
  programs: ["sshd", "ssh-keygen", "ssh"],
  async measure(bench: Bench) {
    const { host, call } = await startBed(bench);
    const client = await openClient(host, bench.cleanup);
    const all = await interleave(rounds, {
      "`true`, a plain exec": () => plainExec(client),
      "`true` on the standard input of `/bin/sh -s`": () => shell(client),
      "our script with marker and session, but no part of the following": () => task(client, []),
      "+ the watcher that ends the task with its channel": () => task(client, ["watched"]),
      "+ the task's folder with its FIFO and gate": () => task(client, ["watched", "folder"]),
      "+ the subreaper (perl)": () => task(client, ["watched", "folder", "reaper"]),
      "+ counting what is left running: the whole script": () =>
        task(client, ["watched", "folder", "reaper", "left"]),
      "+ task manager, MCP over HTTP: `ssh_run`": () =>
        call("ssh_run", { alias: host.alias, command: "true" }),
    });
    let before: number | undefined;
    const rows = Object.entries(all).map(([what, values]) => {
      const p50 = median(values);
      const more = before === undefined ? "" : digits(p50 - before);
      before = p50;
      return [what, digits(p50), more];
    });
    return table(["what runs", "p50 ms", "more than the line before, ms"], rows);
  },
};

type Part = "watched" | "folder" | "reaper" | "left";

/** Each part of the script, and what takes its place where it is left out. */
const parts: readonly { readonly part: Part; readonly text: RegExp; readonly without: string }[] = [
  { part: "watched", text: /^ *\{ while read -r _;.*\n *st_watch=\$!\n/m, without: "" },
  { part: "watched", text: /^ *kill -USR1 \$st_watch\n *wait \$st_watch\n/m, without: "" },
  { part: "folder", text: /^ *st_make_folder\n/m, without: "FOLDER=''\n" },
  { part: "reaper", text: /^ *st_find_perl\n/m, without: "st_perl=''\n" },
  { part: "left", text: /^ *st_count_left "\$2"\n/m, without: "st_left=0 st_more=no\n" },
];

/** The script of a task with these parts alone. */
export function scriptOf(nonce: string, wanted: readonly Part[]): string {
  let script = attachedScript(nonce, "bench:0", "true");
  for (const { part, text, without } of parts) {
    if (!text.test(script)) throw new Error(`The script has no ${String(text)} any more`);
    if (!wanted.includes(part)) script = script.replace(text, () => without);
  }
  return script;
}

async function plainExec(client: Client): Promise<void> {
  await closed(await openExec(client, "true"));
}

async function shell(client: Client): Promise<void> {
  const channel = await openExec(client, "exec /bin/sh -s");
  channel.end("true\n");
  await closed(channel);
}

/** As a task does, it takes the command for ended when both streams say so. */
async function task(client: Client, wanted: readonly Part[]): Promise<number> {
  const start = performance.now();
  const channel = await openExec(client, "exec /bin/sh -s");
  const nonce = randomBytes(16).toString("hex");
  const ended = Promise.all([saysEnd(channel, nonce), saysEnd(channel.stderr, nonce)]);
  const close = once(channel, "close");
  channel.write(scriptOf(nonce, wanted));
  await ended;
  channel.write(endHeard);
  const ms = performance.now() - start;
  await close;
  return ms;
}

function saysEnd(stream: NodeJS.ReadableStream, nonce: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    stream.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      if (text.includes(`${nonce} END 0`)) resolve();
    });
    stream.on("end", () => reject(new Error(`The script ended early: ${text}`)));
  });
}
