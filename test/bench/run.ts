import { startBed } from "./bed";
import { interleave, median, percentile } from "./measure";
import { digits, table, times, verdict } from "./report";
import type { Bench, Subject } from "./subject";

const rounds = 100;
const maxRatio = 2;

/** How long one short command takes on a connection that is open. */
export const run: Subject = {
  name: "run",
  programs: ["sshd", "ssh-keygen", "ssh"],
  async measure(bench: Bench) {
    const { host, ssh, call } = await startBed(bench);
    const all = await interleave(rounds, {
      ssh: () => ssh.run("true"),
      run: () => call("ssh_run", { alias: host.alias, command: "true" }),
      ping: () => call("ssh_ping"),
    });
    const row = (what: string, values: readonly number[], target = ""): string[] => {
      const ratio = times(median(values) / median(all.ssh));
      return [what, digits(median(values)), digits(percentile(values, 0.95)), ratio, target];
    };
    const met = median(all.run) <= maxRatio * median(all.ssh);
    return table(
      ["one command", "p50 ms", "p95 ms", "p50 to OpenSSH's", "target"],
      [
        row("`ssh host true`, ControlMaster", all.ssh),
        row("`ssh_run` of `true`, MCP over HTTP", all.run, verdict(`≤ ${maxRatio} ×`, met)),
        row("`ssh_ping`: MCP over HTTP alone", all.ping),
      ],
    );
  },
};
