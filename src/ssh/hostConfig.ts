/** How to reach one host, as its ssh config says. */
export interface SshHostConfig {
  readonly alias: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Absolute paths, in the order to try; they may not exist. */
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** The hosts to go through, the first to be connected to first. */
  readonly jumps?: readonly SshHostConfig[];
  /** A command that leads to the host, which the system's ssh runs. */
  readonly proxyCommand?: string;
  /** Methods in the order to try; absent where the default holds. */
  readonly preferredAuthentications?: readonly string[];
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  /** `yes`: no key is added, and nobody is asked. All else asks. */
  readonly strictHostKeyChecking?: "yes" | "ask";
  /** Whether names are hashed that are added to known_hosts. */
  readonly hashKnownHosts?: boolean;
  /** Where the agent listens that this host wants; "none" for no agent. */
  readonly identityAgent?: string;
  /** The name to look up in known_hosts instead of the host name. */
  readonly hostKeyAlias?: string;
  /** Absolute paths of certificates that the config names; there may be others beside the identity files. */
  readonly certificateFiles?: readonly string[];
  /** A library that holds keys. */
  readonly pkcs11Provider?: string;
  readonly gssapiAuthentication?: boolean;
  /** Where a connection that others share may listen (ssh_config(5), ControlPath); absent for "none". */
  readonly controlPath?: string;
  /** Seconds of silence after which the server is asked whether it is there; 0 or absent is never. */
  readonly serverAliveInterval?: number;
  /** Questions that may stay unanswered. */
  readonly serverAliveCountMax?: number;
  /** The only config file to read (ssh(1), -F); absent where the usual ones are. */
  readonly configFile?: string;
  /** What holds before the config, each `Name=value` (ssh(1), -o). */
  readonly sshOptions?: readonly string[];
}
