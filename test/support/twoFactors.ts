import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SshdOptions } from "./sshd";
import { ensurePasswordUser } from "./testUser";

export const testCode = "canary-of-a-code-123456";
export const codeInstruction = "Take the code from your app.";

/** What PAM asks for. */
export interface Factors {
  /** After the password of the account any other, in the same words (pam_userdb(8), whose answer does not count); default false. */
  readonly secondPassword?: boolean;
  /** A code, as "STRESS Password:" (pam_stress(8)), after `codeInstruction`; default true. */
  readonly code?: boolean;
  /** Whether what comes later is asked for although the password was wrong, so that nobody is told which it was. */
  readonly silent?: boolean;
}

/** A server whose own stack of PAM asks for several things, one after the other. Root only. */
export async function twoFactors(
  { secondPassword = false, code = true, silent = false }: Factors = {},
  methods = "keyboard-interactive",
): Promise<SshdOptions> {
  const dir = await mkdtemp(join(tmpdir(), "factors-"));
  const file = (name: string): string => join(dir, name);
  await chmod(dir, 0o755);
  await writeFile(file("hello"), `${codeInstruction}\n`);
  await writeFile(file("check"), `#!/bin/sh\n[ "$(cat)" = ${testCode} ]\n`, { mode: 0o755 });
  const control = silent ? "required" : "requisite";
  const stack = [
    `auth ${control} pam_unix.so nodelay`,
    ...(secondPassword ? [`auth optional pam_userdb.so db=${file("none")}`] : []),
    ...(code
      ? [
          `auth requisite pam_echo.so file=${file("hello")}`,
          "auth requisite pam_stress.so",
          `auth requisite pam_exec.so quiet expose_authtok ${file("check")}`,
        ]
      : []),
    "account required pam_permit.so",
    "session required pam_permit.so",
    "",
  ];
  await writeFile(file("pam"), stack.join("\n"));
  return {
    user: await ensurePasswordUser(),
    mounts: [{ source: file("pam"), target: "/etc/pam.d/sshd" }],
    config: [
      "UsePAM yes",
      "KbdInteractiveAuthentication yes",
      "PasswordAuthentication yes",
      `AuthenticationMethods ${methods}`,
    ],
  };
}
