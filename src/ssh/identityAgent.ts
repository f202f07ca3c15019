import ssh2, {
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from "ssh2";

/**
 * One key, offered to ssh2 as an agent that has no other: it asks the server first whether the key would do, and for a
 * signature only then. So nobody is asked for the passphrase of a key that is of no use.
 */
export class IdentityAgent extends ssh2.BaseAgent<ParsedKey> {
  /** Whether the server has taken the key and wanted a signature. */
  wasWanted = false;
  /** Whether it got one. */
  hasSigned = false;

  constructor(
    private readonly publicKey: ParsedKey,
    /** Resolves with the signature. Rejects with an Error when there is none. */
    private readonly signData: (data: Buffer, hash: string | undefined) => Promise<Buffer>,
  ) {
    super();
  }

  getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(undefined, [this.publicKey]);
  }

  sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    this.wasWanted = true;
    const [done, hash] =
      typeof options === "function" ? [options, undefined] : [callback, options.hash];
    this.signData(data, hash).then(
      (signature) => {
        this.hasSigned = true;
        done?.(undefined, signature);
      },
      (error: unknown) => done?.(error instanceof Error ? error : new Error(String(error))),
    );
  }
}
