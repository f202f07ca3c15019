import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createGate } from "../../src/gate/createGate";
import { consentFor } from "../../src/gate/hostConsent";
import { PolicySource, type PolicySettings } from "../../src/gate/policySource";
import type { AuditRecord } from "../../src/tasks/audit";
import type { Denial, Plan, RunGate, RunRequest } from "../../src/tasks/runGate";
import { createHostInfo, createLogger } from "../support/createTasks";
import { FakeClock, settle } from "../support/fakeClock";
import { HandAsker, MemoryGrants } from "./gateHarness";

export interface TestGateOptions {
  readonly policy?: unknown;
  readonly policyFile?: string;
  readonly hostConsent?: unknown;
  /** Where only a client can ask the person. */
  readonly windowless?: boolean;
  /** What the network rules say of the host's addresses. */
  readonly whyNoAddress?: (alias: string) => Promise<string | undefined>;
}

export const nobodyToAsk = "Nobody can be asked.";

export interface TestGate {
  readonly gate: RunGate;
  readonly asker: HandAsker;
  readonly clock: FakeClock;
  readonly records: AuditRecord[];
  readonly log: string[];
  /** What the person has set; the test may change it. */
  readonly settings: { policy: unknown; policyFile: string | undefined };
  /** Asks for a command; the answer is there once it is settled. */
  readonly admit: (command: string, changes?: Partial<RunRequest>) => Promise<Admitted>;
  readonly plan: (command: string, changes?: Partial<RunRequest>) => Promise<Plan>;
}

export interface Admitted {
  /** `open` until somebody has decided; undefined once it may run. */
  denial: Denial | "open" | undefined;
}

/** A gate with everything behind it, at a person, a clock and settings that the test drives by hand. */
export function createTestGate(options: TestGateOptions = {}): TestGate {
  const clock = new FakeClock();
  const records: AuditRecord[] = [];
  const log: string[] = [];
  const logger = createLogger(log);
  const hand = new HandAsker();
  const settings = { policy: options.policy, policyFile: options.policyFile };
  const { gate } = createGate({
    policy: new PolicySource((): PolicySettings => settings, logger),
    audit: { record: (record) => void records.push(record) },
    ...{ clock, logger, nobodyToAsk, limits: { consentSeconds: 300, grantDays: 30 } },
    hostConsent: (alias) => consentFor(options.hostConsent, alias),
    whyNoAddress: options.whyNoAddress ?? (() => Promise.resolve(undefined)),
    store: new MemoryGrants(),
    ...(!options.windowless && { asker: hand }),
  });
  const requested = (command: string, changes: Partial<RunRequest> = {}): RunRequest => ({
    host: createHostInfo("build01"),
    command,
    maxSeconds: undefined,
    client: "agent:test",
    session: "5e55101d",
    takenBack: new AbortController().signal,
    asker: undefined,
    ...changes,
  });
  const admit = async (command: string, changes?: Partial<RunRequest>): Promise<Admitted> => {
    const admitted: Admitted = { denial: "open" };
    const asked = hand.questions.length;
    void gate.admit(requested(command, changes)).then((denial) => (admitted.denial = denial));
    const isOpen = (): boolean => admitted.denial === "open" && hand.questions.length === asked;
    // Only the reading of a file takes more than a turn.
    do await settle();
    while (settings.policyFile !== undefined && isOpen());
    return admitted;
  };
  const plan = (command: string, changes?: Partial<RunRequest>): Promise<Plan> =>
    gate.plan(requested(command, changes));
  return { gate, asker: hand, clock, records, log, settings, admit, plan };
}

/** A policy file that goes away with the test. */
export async function createPolicyFile(t: TestContext, text: string) {
  const folder = await mkdtemp(join(tmpdir(), "ssh-tasks-policy-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "policy.yml");
  const write = (content: string): Promise<void> => writeFile(path, content, { mode: 0o600 });
  await write(text);
  return { path, folder, write };
}
