import { readFile, writeFile } from "node:fs/promises";
import type { TestContext } from "node:test";
import { SshHostCatalog } from "../../src/ssh/hostCatalog";
import { SshHosts } from "../../src/ssh/sshHosts";
import type { ConnectionTest, StepReport } from "../../src/tasks/hostConnections";
import { defaultLimits, type Limits } from "../../src/tasks/limits";
import type { SignInPrompt } from "../../src/tasks/signInPrompt";
import { createLogger } from "./createTasks";
import { startSshd, type Sshd, type SshdOptions } from "./sshd";

/** A real server under the aliases `web` and `inner`, and a connection test of it. */
export interface TestedHost {
  readonly sshd: Sshd;
  readonly hosts: SshHosts;
  /** What was reported, each as `host step` once it has begun and `host step: detail` once it is passed. */
  readonly reports: string[];
  readonly test: (alias?: string, signal?: AbortSignal) => Promise<ConnectionTest>;
  /** Rewrites a text of the ssh config. */
  readonly edit: (from: RegExp | string, to: string) => Promise<void>;
}

export interface TestedHostOptions extends SshdOptions {
  readonly limits?: Partial<Limits>;
  readonly prompt?: SignInPrompt;
  readonly agentSocket?: string;
}

export async function createTestedHost(
  t: TestContext,
  options: TestedHostOptions = {},
): Promise<TestedHost> {
  const { limits, prompt, agentSocket, ...server } = options;
  const sshd = await startSshd({
    aliases: ["web", "inner"],
    environment: { HOME: "/nonexistent" },
    ...server,
  });
  t.after(() => sshd.close());
  const { sshConfigFile } = sshd;
  const logger = createLogger();
  const hosts = new SshHosts({
    catalog: new SshHostCatalog(() => ({ sshConfigFile }), logger),
    logger,
    limits: { ...defaultLimits, connectSeconds: 1, signInSeconds: 1, ...limits },
    agentSocket,
    ...(prompt && { prompt }),
  });
  t.after(() => hosts.dispose());
  const reports: string[] = [];
  const onStep = (report: StepReport): void => {
    const said = report.state === "passed" ? `: ${report.detail}` : "";
    reports.push(`${report.host} ${report.step}${said}`);
  };
  return {
    sshd,
    hosts,
    reports,
    test: (alias = "web", signal = new AbortController().signal) =>
      hosts.testConnection(alias, { onStep, signal }),
    edit: async (from, to) =>
      writeFile(sshConfigFile, (await readFile(sshConfigFile, "utf8")).replaceAll(from, to)),
  };
}
