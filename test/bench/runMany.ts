import { startBed } from "./bed";
import { interleave, median, repeat } from "./measure";
import { digits, table, times } from "./report";
import type { Bench, Subject } from "./subject";

const rounds = 3;
/** How many at a time, and how many in all. */
const loads = [
  { workers: 1, total: 40 },
  { workers: 10, total: 200 },
  { workers: 50, total: 250 },
] as const;

/** How many short commands a second, many at a time. */
export const runMany: Subject = {
  name: "run-many",
  programs: ["sshd", "ssh-keygen", "ssh"],
  async measure(bench: Bench) {
    // A ControlMaster has one connection for all of them, and sshd takes ten sessions on one by default.
    const { host, ssh, connect } = await startBed(bench, { config: ["MaxSessions 60"] });
    const rows: string[][] = [];
    for (const { workers, total } of loads) {
      const call = await connect();
      const all = await interleave(rounds, {
        ssh: () => repeat(total, workers, () => ssh.run("true")),
        run: () =>
          repeat(total, workers, () => call("ssh_run", { alias: host.alias, command: "true" })),
      });
      const perSecond = (values: readonly number[]): number => (total * 1000) / median(values);
      const [theirs, ours] = [perSecond(all.ssh), perSecond(all.run)];
      rows.push([String(workers), digits(theirs), digits(ours), times(ours / theirs)]);
    }
    const head = ["at a time", "`ssh host true` per s", "`ssh_run` of `true` per s"];
    return table([...head, "to OpenSSH's"], rows);
  },
};
