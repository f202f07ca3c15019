/** A person's word that agents may run commands on a host. */
export interface Grant {
  readonly alias: string;
  /** What the alias stood for: another machine under the same alias is asked for anew. */
  readonly machine: string;
  /** The rule that wanted the person asked; absent for all commands on the host. */
  readonly rule?: string;
  /** Milliseconds since the Unix epoch. */
  readonly grantedAt: number;
  /** The same; absent for a grant of this session, which ends with it. */
  readonly expiresAt?: number;
  /** Whose command brought it up, as that called itself. */
  readonly client: string;
  /** The one session it holds for; absent for all. */
  readonly session?: string;
}

/** Where grants are kept that outlive the session; several windows share it. */
export interface GrantStore {
  /** Never rejects: what can't be read holds no grant. */
  load(): Promise<readonly Grant[]>;
  /** Rejects with an Error when they can't be kept. */
  change(edit: (grants: readonly Grant[]) => readonly Grant[]): Promise<void>;
}
