import type { Audit } from "../tasks/audit";
import type { Clock } from "../tasks/clock";
import type { ConsentAsker } from "../tasks/consent";
import type { GrantStore } from "../tasks/grant";
import type { Limits } from "../tasks/limits";
import type { Logger } from "../tasks/logger";
import { Consent } from "./consent";
import { Grants } from "./grants";
import type { HostConsent } from "./hostConsent";
import { PolicyGate } from "./policyGate";
import type { PolicySource } from "./policySource";

export interface CreateGateParts {
  readonly policy: PolicySource;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Pick<Limits, "consentSeconds" | "grantDays">;
  readonly hostConsent: (alias: string) => HostConsent;
  readonly whyNoAddress: (alias: string) => Promise<string | undefined>;
  readonly nobodyToAsk: string;
  readonly store?: GrantStore;
  readonly asker?: ConsentAsker;
}

/** A gate, and the grants by which it lets agents in. */
export interface OpenGate {
  readonly gate: PolicyGate;
  readonly grants: Grants;
}

/** Makes the gate of a window or a server. */
export function createGate(parts: CreateGateParts): OpenGate {
  const { clock, limits, store } = parts;
  const grants = new Grants({
    now: () => clock.now(),
    keepDays: () => limits.grantDays,
    ...(store && { store }),
  });
  const seconds = (): number => limits.consentSeconds;
  const consent = new Consent({ grants, clock, logger: parts.logger, seconds });
  const gate = new PolicyGate({ ...parts, consent, grants, now: () => clock.now() });
  return { gate, grants };
}
