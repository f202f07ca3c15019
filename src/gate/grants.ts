import type { Grant, GrantStore } from "../tasks/grant";
import type { HostInfo } from "../tasks/remoteHost";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What a grant is looked for by, and made of. */
export interface GrantFor {
  readonly host: HostInfo;
  readonly rule: string | undefined;
  readonly session: string | undefined;
  readonly client: string;
}

export interface GrantsParts {
  /** Absent where nothing outlives the session. */
  readonly store?: GrantStore;
  readonly now: () => number;
  readonly keepDays: () => number;
}

/** The grants in force. */
export class Grants {
  private ofSession: readonly Grant[] = [];

  constructor(private readonly parts: GrantsParts) {}

  /** Whether a grant can outlive the session. */
  get canKeep(): boolean {
    return this.parts.store !== undefined;
  }

  async find({ host, rule, session }: Omit<GrantFor, "client">): Promise<Grant | undefined> {
    const { alias } = host;
    const machine = machineOf(host);
    return (await this.list()).find(
      (grant) =>
        grant.alias === alias &&
        grant.machine === machine &&
        grant.rule === rule &&
        (grant.session === undefined || grant.session === session),
    );
  }

  /** Those of this session first. */
  async list(): Promise<readonly Grant[]> {
    const now = this.parts.now();
    const kept = (await this.parts.store?.load()) ?? [];
    const isInForce = ({ grantedAt, expiresAt = Infinity }: Grant): boolean =>
      // A clock that was set back, by more than it takes to set it right, makes no grant last longer.
      expiresAt > now &&
      grantedAt <= now + hourMs &&
      expiresAt - grantedAt <= this.parts.keepDays() * dayMs;
    return [...this.ofSession, ...kept.filter(isInForce)];
  }

  /** Until the session ends. */
  addForSession(what: GrantFor): void {
    const { session } = what;
    this.ofSession = [
      ...this.ofSession,
      { ...this.make(what), ...(session !== undefined && { session }) },
    ];
  }

  /** Until it expires. Rejects with an Error when it can't be kept. */
  async addForLong(what: GrantFor): Promise<void> {
    const grant = this.make(what);
    const expiresAt = grant.grantedAt + this.parts.keepDays() * dayMs;
    const isSame = (other: Grant): boolean =>
      other.alias === grant.alias && other.machine === grant.machine && other.rule === grant.rule;
    await this.parts.store?.change((kept) => [
      ...kept.filter((one) => !isSame(one)),
      { ...grant, expiresAt },
    ]);
  }

  /** Rejects with an Error when that can't be kept. */
  async revoke(grants: readonly Grant[]): Promise<void> {
    const revoked = new Set(grants.map((grant) => JSON.stringify(grant)));
    const isLeft = (grant: Grant): boolean => !revoked.has(JSON.stringify(grant));
    this.ofSession = this.ofSession.filter(isLeft);
    await this.parts.store?.change((kept) => kept.filter(isLeft));
  }

  private make({ host, rule, client }: GrantFor): Grant {
    return {
      alias: host.alias,
      machine: machineOf(host),
      ...(rule !== undefined && { rule }),
      grantedAt: this.parts.now(),
      client,
    };
  }
}

/** `user@host:port` */
export function machineOf({ user, hostName, port }: HostInfo): string {
  return `${user}@${hostName}:${port}`;
}
