import { readFile, stat } from "node:fs/promises";
import { decideCommand, type Decision } from "../policy/decideCommand";
import { whyAddressDenied } from "../policy/networkRules";
import type { Policy } from "../policy/policy";
import { limitsOf } from "../policy/policyLimits";
import { readPolicyText, readPolicyValue } from "../policy/readPolicy";
import type { Logger } from "../tasks/logger";
import type { HostInfo } from "../tasks/remoteHost";
import type { RunRules } from "../tasks/runRules";
import { asError, policyInvalid } from "../tasks/taskError";

/** Where the person has put their policy; none where both are undefined. */
export interface PolicySettings {
  /** The policy itself. */
  readonly policy: unknown;
  /** Path of a YAML or JSON file. */
  readonly policyFile: string | undefined;
}

const maxBytes = 1024 * 1024;

/** The policy in force. It is read at every use, and so never out of date; what can't be used allows nothing. */
export class PolicySource implements RunRules {
  private last: { readonly key: string; readonly policy: Policy } | undefined;

  constructor(
    private readonly settings: () => PolicySettings,
    private readonly logger: Pick<Logger, "warn">,
  ) {}

  /** Undefined where the person has none. Rejects with a TaskError `policyInvalid`. */
  async current(): Promise<Policy | undefined> {
    const { policy: value, policyFile } = this.settings();
    if (value !== undefined && policyFile !== undefined)
      throw policyInvalid("both sshTasks.policy and sshTasks.policyFile are set; keep one.");
    try {
      if (policyFile !== undefined) {
        const text = await readText(policyFile);
        return this.remember(`${policyFile}\n${text}`, () => readPolicyText(text, policyFile));
      }
      if (value === undefined) return undefined;
      return this.remember(JSON.stringify(value), () => readPolicyValue(value, "sshTasks.policy"));
    } catch (error) {
      throw policyInvalid(sentence(asError(error).message));
    }
  }

  async maxSeconds(host: HostInfo): Promise<number | undefined> {
    const policy = await this.current();
    return policy && limitsOf(policy, host).maxSeconds;
  }

  async whyAddressDenied(address: string): Promise<string | undefined> {
    const policy = await this.current();
    return policy && whyAddressDenied(policy, address);
  }

  /** What the policy says of an agent's command; undefined where there is none. Rejects as `current` does. */
  async decide(host: HostInfo, command: string): Promise<Decision | undefined> {
    const policy = await this.current();
    return policy && decideCommand(policy, { alias: host.alias, tags: host.tags, command });
  }

  private remember(key: string, read: () => Policy): Policy {
    if (this.last?.key === key) return this.last.policy;
    const policy = read();
    for (const warning of policy.warnings) this.logger.warn(`policy: ${warning}`);
    this.last = { key, policy };
    return policy;
  }
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > maxBytes) throw new Error(`${path} has ${size} bytes, ${maxBytes} is the most.`);
  return readFile(path, "utf8");
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
