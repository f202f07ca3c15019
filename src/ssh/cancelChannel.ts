import { randomBytes } from "node:crypto";
import type { ClientChannel } from "ssh2";
import type { CancelClimb, CancelReport } from "../tasks/remoteHost";
import { asError, type TaskError } from "../tasks/taskError";
import { CancelReportReader } from "./cancelReportReader";
import { cancelScript, type CancelTarget } from "./remoteScripts";
import type { SshConnection } from "./sshConnection";
import { connectionLost, hostSilent } from "./sshErrors";

/** Seconds that the climb may take beside its grace. */
const climbSeconds = 8;

/** Runs the cancel script once, over a channel of its own. */
export class CancelChannel {
  /** The host has answered. */
  begun = false;
  /** From then on the ladder may go on there even if we are cut off. */
  private scriptSent = false;
  private readonly nonce = randomBytes(16).toString("hex");
  private readonly report = new CancelReportReader(this.nonce);
  private readonly graceSeconds: number;
  private channel: ClientChannel | undefined;
  private over = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly alias: string,
    private readonly climb: CancelClimb,
    /** Until the host must have begun. */
    private readonly beginSeconds: number,
  ) {
    this.graceSeconds = climb.force.aborted ? 0 : climb.graceSeconds;
  }

  /** Resolves with what the host saw and did. Rejects with a TaskError when the host was not asked. */
  async run(connection: SshConnection, target: CancelTarget): Promise<CancelReport> {
    try {
      return await new Promise<CancelReport>((resolve, reject) => {
        this.expect("answer the cancel", this.beginSeconds, reject);
        const script = cancelScript(this.nonce, target, this.graceSeconds);
        connection
          .openShell((channel) => this.listen(channel, script, resolve, reject))
          .catch(reject);
      });
    } catch (error) {
      // What was seen until then counts: signals may have been sent.
      if (!this.scriptSent) throw error;
      return { ...this.report.result(), gone: false, reason: asError(error).message };
    } finally {
      this.over = true;
      clearTimeout(this.timer);
      this.climb.force.removeEventListener("abort", this.endGrace);
      this.channel?.close();
    }
  }

  private listen(
    channel: ClientChannel,
    script: string,
    resolve: (report: CancelReport) => void,
    reject: (error: TaskError) => void,
  ): void {
    if (this.over) {
      channel.close();
      return;
    }
    this.channel = channel;
    channel.on("data", (bytes: Buffer) => {
      const news = this.report.push(bytes);
      if (news === "begun") this.onBegin(reject);
      if (news === "ended") resolve(this.report.result());
    });
    channel.stderr.resume();
    channel.on("close", () => reject(connectionLost(this.alias)));
    this.scriptSent = true;
    channel.write(script);
  }

  private onBegin(reject: (error: TaskError) => void): void {
    this.begun = true;
    this.expect("finish the cancel", this.graceSeconds + climbSeconds, reject);
    if (this.climb.force.aborted) this.endGrace();
    else this.climb.force.addEventListener("abort", this.endGrace);
  }

  private readonly endGrace = (): void => void this.channel?.write("force\n");

  private expect(what: string, seconds: number, reject: (error: TaskError) => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => reject(hostSilent(this.alias, what, seconds)), seconds * 1000);
  }
}
