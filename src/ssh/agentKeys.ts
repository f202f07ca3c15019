import ssh2, {
  type BaseAgent,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from "ssh2";

/** An agent lists its keys without asking anybody; one that does not, hangs, and the key files come next. */
const listSeconds = 3;

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
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      callback(new Error(`The agent did not list its keys within ${listSeconds} s`));
    }, listSeconds * 1000);
    this.agent.getIdentities((error, keys = []) => {
      clearTimeout(timer);
      if (late) return;
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
