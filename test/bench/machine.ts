import { spawnSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import { requireProgram } from "../support/childProcesses";

/** What the figures were measured on, in one line. */
export function describeMachine(): string {
  const [first, ...others] = cpus();
  const { stderr } = spawnSync(requireProgram("ssh"), ["-V"], { encoding: "utf8" });
  return [
    `${first?.model.trim() ?? "unknown processor"}, ${others.length + 1} cores`,
    `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    `${type()} ${release().split("-")[0] ?? ""}`,
    `Node ${process.version}`,
    stderr.split(",")[0]?.trim() ?? "",
  ].join("; ");
}
