import ssh2, {
  type BaseAgent,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from "ssh2";

/** The keys of an agent: those that the config names come first, as servers allow few attempts. */
export class AgentKeys extends ssh2.BaseAgent<ParsedKey> {
  private readonly agent: BaseAgent<ParsedKey>;

  constructor(
    socket: string,
    /** Public keys, as they are sent. */
    private readonly named: readonly Buffer[],
    /** Whether the others are left out. */
    private readonly namedOnly: boolean,
  ) {
    super();
    this.agent = ssh2.createAgent(socket) as BaseAgent<ParsedKey>;
  }

  getIdentities(callback: IdentityCallback<ParsedKey>): void {
    this.agent.getIdentities((error, keys = []) => {
      const isNamed = (key: (typeof keys)[number]): boolean =>
        "getPublicSSH" in key && this.named.some((name) => name.equals(key.getPublicSSH()));
      const others = this.namedOnly ? [] : keys.filter((key) => !isNamed(key));
      callback(error, [...keys.filter(isNamed), ...others]);
    });
  }

  sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    if (typeof options === "function") this.agent.sign(key, data, options);
    else this.agent.sign(key, data, options, callback);
  }
}
