import { hasNetworkRules } from "../policy/networkRules";
import type { Policy } from "../policy/policy";
import { limitsOf } from "../policy/policyLimits";
import type { Audit } from "../tasks/audit";
import type { ConsentAsker } from "../tasks/consent";
import type { HostInfo, TaggedHost } from "../tasks/remoteHost";
import type { Denial, Plan, RunGate, RunRequest } from "../tasks/runGate";
import { secondsWithin } from "../tasks/runRules";
import { hashCommand } from "../tasks/taskId";
import { asError } from "../tasks/taskError";
import type { Consent } from "./consent";
import type { Grants } from "./grants";
import { describeCapabilities, describeLimits } from "./describeLimits";
import type { HostConsent } from "./hostConsent";
import type { PolicySource } from "./policySource";

export interface RunGateParts {
  readonly policy: PolicySource;
  readonly consent: Consent;
  readonly grants: Grants;
  readonly audit: Audit;
  readonly now: () => number;
  /** Where no policy decides. */
  readonly hostConsent: (alias: string) => HostConsent;
  /** Who asks the person; absent where only a client can. */
  readonly asker?: ConsentAsker;
  /** Whether the name of a host has an address that the policy allows: why not, undefined when it has. */
  readonly whyNoAddress: (alias: string) => Promise<string | undefined>;
  /** What to do where nobody can be asked. */
  readonly nobodyToAsk: string;
}

/** What is decided before anybody is asked. */
interface Verdict {
  readonly outcome: "allow" | "ask" | "deny";
  readonly by: string;
  /** The rule that wants the person asked, when it is one of a command. */
  readonly askRule?: string;
  readonly denial?: Denial;
}

/** The two sentences that clients know. */
const policyHint =
  "Hint: Use ssh_plan to inspect allowed commands, review the SSH Orchestrator prompts, or ask if the policy should be updated.";
const networkHint =
  "Hint: Use ssh_plan to review host restrictions, check the SSH Orchestrator prompts, or discuss updating policy/network rules.";
const consentHint =
  "Do not run it another way. Tell the user what you wanted to run and why, and go on as they say.";

/** Says what agents may run: first the policy, then, where that leaves it to the person, the person. */
export class PolicyGate implements RunGate {
  constructor(private readonly parts: RunGateParts) {}

  async admit(request: RunRequest): Promise<Denial | undefined> {
    const verdict = await this.judge(request);
    const { denial, by } =
      verdict.outcome === "ask" ? await this.askPerson(request, verdict) : verdict;
    const { host, command, client, session } = request;
    const who = { alias: host.alias, hash: hashCommand(command), command, client, session };
    const what = { allowed: denial === undefined, rule: by };
    this.parts.audit.record({ type: "decision", at: this.parts.now(), ...who, ...what });
    return denial;
  }

  async plan(request: Omit<RunRequest, "client" | "takenBack">): Promise<Plan> {
    const { host } = request;
    const verdict = await this.judge(request);
    const limits = describeLimits(await this.limits(host));
    const shared = { limits, rule: verdict.by };
    if (verdict.denial)
      return { allowed: false, asks: false, ...shared, ...whyDenied(verdict.denial) };
    if (verdict.outcome === "allow") return { allowed: true, asks: false, ...shared };
    const rule = verdict.askRule;
    const grant = await this.parts.grants.find({ host, rule, session: this.sessionOf(request) });
    if (grant) return { allowed: true, asks: false, ...shared, rule: "grant" };
    if (this.parts.asker ?? request.asker) return { allowed: true, asks: true, ...shared };
    return { allowed: false, asks: true, ...shared, hint: this.parts.nobodyToAsk };
  }

  async capabilities(host: HostInfo): Promise<object> {
    const policy = await this.policy();
    const allows = async (command: string): Promise<boolean> =>
      (await this.decide(host, command)).outcome === "allow";
    return describeCapabilities(policy, host, allows);
  }

  async maxResultBytes(
    findHost: () => Promise<TaggedHost | undefined>,
  ): Promise<number | undefined> {
    const policy = await this.policy();
    const host = policy && (await findHost().catch(() => undefined));
    return host && limitsOf(policy, host).maxOutputBytes;
  }

  async reload(): Promise<void> {
    await this.parts.policy.current();
  }

  /** What the policy and the person's default for the host say; asks nobody. */
  private async judge(request: Omit<RunRequest, "client" | "takenBack">): Promise<Verdict> {
    const { host, command, maxSeconds } = request;
    const verdict = await this.decide(host, command);
    if (verdict.denial) return verdict;
    try {
      secondsWithin(await this.parts.policy.maxSeconds(host), maxSeconds, 0, host.alias);
    } catch (error) {
      return deny("limits.max_seconds", asError(error).message);
    }
    const detail = await this.networkFault(host);
    if (detail === undefined) return verdict;
    const denial: Denial = { reason: "network", detail, hint: networkHint };
    return { outcome: "deny", by: "network", denial };
  }

  private async decide(host: HostInfo, command: string): Promise<Verdict> {
    try {
      const decision = await this.parts.policy.decide(host, command);
      if (!decision) return this.decideByHost(host);
      const { outcome, rule: by, why, deniedPart } = decision;
      if (outcome === "deny") return deny(by, why, deniedPart);
      const isOfRule = outcome === "ask" && by !== "default";
      return { outcome, by, ...(isOfRule && { askRule: by }) };
    } catch (error) {
      return deny("invalid policy", asError(error).message);
    }
  }

  private decideByHost({ alias }: HostInfo): Verdict {
    const outcome = this.parts.hostConsent(alias);
    const by = "default of the host";
    if (outcome !== "deny") return { outcome, by };
    const detail = `The user lets agents run nothing on ${alias}.`;
    return { outcome, by, denial: { reason: "consent", detail, hint: consentHint } };
  }

  private async askPerson(
    request: RunRequest,
    { askRule }: Verdict,
  ): Promise<Pick<Verdict, "by" | "denial">> {
    const { host, command, client, takenBack } = request;
    const session = this.sessionOf(request);
    const about = { host, command, client, rule: askRule, session, takenBack };
    const asker = this.parts.asker ?? request.asker;
    if (!asker) {
      const granted = await this.parts.consent.granted(about);
      if (granted) return granted;
      const hint = this.parts.nobodyToAsk;
      return { by: "nobody to ask", denial: { reason: "policy", hint } };
    }
    const { by, why } = await this.parts.consent.request(about, asker);
    if (why === undefined) return { by };
    return { by, denial: { reason: "consent", detail: why, hint: consentHint } };
  }

  /** An answer that came through a client holds for that client's session; one of the window, for the window. */
  private sessionOf({ session }: Pick<RunRequest, "session">): string | undefined {
    return this.parts.asker ? undefined : session;
  }

  private async networkFault({ alias }: HostInfo): Promise<string | undefined> {
    const policy = await this.policy();
    if (!policy || !hasNetworkRules(policy)) return undefined;
    return this.parts.whyNoAddress(alias).catch((error: unknown) => asError(error).message);
  }

  private async limits(host: HostInfo) {
    const policy = await this.policy();
    return policy && limitsOf(policy, host);
  }

  /** Undefined also where it can't be used. */
  private policy(): Promise<Policy | undefined> {
    return this.parts.policy.current().catch(() => undefined);
  }
}

function deny(by: string, detail?: string, part?: string): Verdict {
  const denial: Denial = {
    reason: "policy",
    ...(detail !== undefined && { detail }),
    ...(part !== undefined && { denied_command: part }),
    hint: policyHint,
  };
  return { outcome: "deny", by, denial };
}

/** In the fields and the words that clients know, with ours behind them. */
function whyDenied({ reason, detail, denied_command, hint }: Denial) {
  const chain = denied_command !== undefined && { denied_command };
  if (reason === "network") return { why: `Network rules: ${detail ?? ""}`, hint };
  const blocked = chain
    ? `Policy blocked command in chain: '${chain.denied_command}'`
    : "Policy blocked this command.";
  const why = reason === "policy" ? [blocked, detail] : [detail];
  return { why: why.filter(Boolean).join(" "), ...chain, hint };
}
