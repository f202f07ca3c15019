/** What a person is asked for while a connection signs in; the answer is a secret. */
export interface SecretQuestion {
  readonly alias: string;
  /** What it is for: a key file, an account, or what the server calls it. */
  readonly purpose: "passphrase" | "password" | "code";
  /** In one line, control characters visible: `Passphrase for ~/.ssh/id_ed25519`, or the server's own words. */
  readonly prompt: string;
  /** Further words of the server, "" for none. */
  readonly instruction: string;
  /** Whether what is typed may be seen. */
  readonly echo: boolean;
  /** The last answer was wrong, or the server refused it together with others. */
  readonly isRetry: boolean;
  /** Which of the questions it is that the server asks at a time; undefined where it is one alone, or ssh does not say. */
  readonly round?: { readonly step: number; readonly of: number };
  /** The name to keep it by, for who wants that; undefined for what is good once. */
  readonly name: string | undefined;
}

/** The key of a host that nobody has seen before. */
export interface HostKeyQuestion {
  readonly alias: string;
  /** As known_hosts names the host. */
  readonly name: string;
  readonly type: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** The file it would be added to. */
  readonly file: string;
}

/** Asks the person, never a model. None of it rejects; undefined is no answer. */
export interface SignInPrompt {
  /** Whether there is somebody who may close a question: then the sign-in ends with that. */
  readonly isPerson: boolean;
  askSecret(question: SecretQuestion, signal: AbortSignal): Promise<string | undefined>;
  /** Whether to trust the key from now on, or this once. */
  trustHostKey(
    question: HostKeyQuestion,
    signal: AbortSignal,
  ): Promise<"always" | "once" | undefined>;
  /** Has the person know what they are to do elsewhere, such as touch a key, until the signal is aborted. */
  tell?(alias: string, text: string, signal: AbortSignal): void;
  /** Whether they want to sign in to a host now, where they have not just asked for it. Without it they do. */
  announce?(alias: string): Promise<boolean>;
}
