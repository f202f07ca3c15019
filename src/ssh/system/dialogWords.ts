/** One question of a dialog with the server (RFC 4256): what it says with it, and which it is of those asked at a time. */
export interface RoundPlace {
  readonly instruction: string;
  readonly step: number;
  readonly of: number;
}

/**
 * Reads along what ssh writes to its standard error with `LogLevel DEBUG2` (sshconnect2.c): an askpass program is not told
 * what has come of the last answers, nor what the server says with its questions.
 */
export class DialogWords {
  private outcome: "right" | "wrong" | undefined;
  /** The lines between the beginning of a round and how many questions it has. */
  private instruction: string[] = [];
  private isInstruction = false;
  private step = 0;
  private questions = 0;

  /** What has come of the answers since this was asked last. */
  takeOutcome(): "right" | "wrong" | undefined {
    const { outcome } = this;
    this.outcome = undefined;
    return outcome;
  }

  /** The question that ssh asks now, if it is one of a round. */
  takeQuestion(): RoundPlace | undefined {
    if (this.step >= this.questions) return undefined;
    return { instruction: this.instruction.join("\n"), step: ++this.step, of: this.questions };
  }

  /** Reads the next line, without its end. */
  hear(line: string): void {
    const [, said] = /^debug\d: (.*)$/.exec(line) ?? [];
    if (said !== undefined) this.hearDebug(said);
    else {
      if (/^Authenticated using "\S+" with partial success\.$/.test(line)) this.outcome = "right";
      if (this.isInstruction) this.instruction.push(plain(line));
    }
  }

  private hearDebug(said: string): void {
    const [, questions] = /^input_userauth_info_req: num_prompts (\d+)$/.exec(said) ?? [];
    if (questions !== undefined) {
      this.isInstruction = false;
      [this.step, this.questions] = [0, Number(questions)];
    } else if (said === "input_userauth_info_req: entering") {
      this.isInstruction = true;
      [this.instruction, this.questions] = [[], 0];
    } else if (said.startsWith("Authentications that can continue: ")) {
      this.outcome ??= "wrong";
      this.questions = 0;
    }
  }
}

/** ssh writes other bytes than those of ASCII as `\303\244` (vis(3), VIS_OCTAL). */
function plain(line: string): string {
  const bytes = line.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  );
  return bytes === line ? line : Buffer.from(bytes, "latin1").toString("utf8");
}
