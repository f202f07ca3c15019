import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSshd, type Sshd, type SshdOptions } from "./sshd";

/**
 * An SSH host `demo` on this machine for a person to try things on, as the current user. What runs on it ends with it,
 * and what SSH Tasks writes on it stays out of the person's home.
 */
export async function startDemoHost(
  options: Pick<SshdOptions, "aliases" | "config" | "environment"> = {},
): Promise<Sshd> {
  const state = await mkdtemp(join(tmpdir(), "ssh-tasks-demo-"));
  const removeState = (): Promise<void> => rm(state, { recursive: true, force: true });
  try {
    const environment = { ...options.environment, XDG_STATE_HOME: state };
    const sshd = await startSshd({
      aliases: ["demo"],
      ...options,
      environment,
      endProcessesOnClose: true,
    });
    return {
      ...sshd,
      close: async () => {
        await sshd.close();
        await removeState();
      },
    };
  } catch (error) {
    await removeState();
    throw error;
  }
}
