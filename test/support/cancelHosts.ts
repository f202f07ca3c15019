import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CancelHarnessOptions } from "./cancelHarness";
import type { CancelShape } from "./cancelShapes";
import { requireProgram } from "./childProcesses";

/** What a host may have or lack that a cancel depends on. All of it as root alone. */
export interface CancelHost {
  readonly name: string;
  readonly options: CancelHarnessOptions;
  /** Programs that its sessions don't find. */
  readonly lacks?: readonly CancelShape["needs"][];
  /** Shapes whose processes it can't see, by their names: there a cancel may claim nothing. */
  readonly hides?: RegExp;
}

const scratch = mkdtempSync(join(tmpdir(), "cancel-hosts-"));
chmodSync(scratch, 0o755);
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

const inSh = (text: string, { anyShell }: CancelShape): string =>
  anyShell ? text : `/bin/sh -c '${text.replaceAll("'", `'\\''`)}'`;
/** fish knows the backslash inside single quotes. */
const inShFromFish = (text: string, { anyShell }: CancelShape): string =>
  anyShell ? text : `/bin/sh -c '${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** Makes a file that can't be run, in the place of a program. */
function without(program: string): { source: string; target: string } {
  const source = join(scratch, "nothing");
  writeFileSync(source, "", { mode: 0o644 });
  return { source, target: requireProgram(program) };
}

/** Hides /proc, and has for `ps` a simulation of BSD's, which reads a /proc elsewhere. */
function withoutProc(): CancelHarnessOptions["mounts"] {
  for (const name of ["proc", "empty"]) mkdirSync(join(scratch, name), { recursive: true });
  const ps = join(scratch, "ps");
  writeFileSync(ps, bsdPs(join(scratch, "proc")));
  chmodSync(ps, 0o755);
  return [
    { source: "/proc", target: join(scratch, "proc") },
    { source: ps, target: requireProgram("ps") },
    { source: join(scratch, "empty"), target: "/proc" },
  ];
}

/** Of ps(1) of FreeBSD and macOS: -A, -E, -ww, -p PID, and `-o NAME=` with a column each. */
function bsdPs(proc: string): string {
  return `#!/usr/bin/perl
use POSIX ();
my (@columns, $only, $all, $environment);
while (defined(my $word = shift)) {
  if ($word eq "-A") { $all = 1 } elsif ($word eq "-E") { $environment = 1 } elsif ($word eq "-ww") {}
  elsif ($word eq "-p") { $only = shift } elsif ($word eq "-o") { push @columns, shift =~ s/=$//r }
  else { die "ps: illegal option $word\\n" }
}
sub slurp { local $/; open my $file, "<", "${proc}/$_[0]" or return ""; <$file> // "" }
my ($booted) = slurp("stat") =~ /^btime (\\d+)/m;
opendir my $folder, "${proc}";
my $seen = 0;
my $namespace = (stat "${proc}/$$/ns/mnt")[1];
for my $pid (defined $only ? $only : grep /^\\d+$/, readdir $folder) {
  # Another host on this machine sees other files.
  next unless (stat "${proc}/$pid/ns/mnt")[1] == $namespace;
  my $stat = slurp("$pid/stat");
  next unless $stat =~ /^\\d+ \\((.*)\\) (\\S) (.*)/s;
  my ($name, $state, @field) = ($1, $2, split / /, $3);
  my $start = $booted + int($field[18] / 100);
  my $age = time - $start;
  (my $command = slurp("$pid/cmdline")) =~ tr/\\0/ /;
  my $user = getpwuid((stat "${proc}/$pid")[4]) // "?";
  (my $variables = $environment ? slurp("$pid/environ") : "") =~ tr/\\0/ /;
  my %value = (pid => $pid, ppid => $field[0], pgid => $field[1], stat => $state, user => $user,
    lstart => POSIX::strftime("%a %b %e %H:%M:%S %Y", localtime $start), comm => $name,
    command => ($command || "($name)") . ($environment ? " $variables" : ""),
    etime => sprintf("%02d-%02d:%02d:%02d", $age / 86400, $age / 3600 % 24, $age / 60 % 60, $age % 60));
  print join(" ", map { $value{$_} // die "ps: $_: keyword not found\\n" } @columns), "\\n";
  $seen++;
}
exit !$seen;
`;
}

/** Every kind of host. */
export function cancelHosts(): readonly CancelHost[] {
  const sh = (program: string) => [{ source: requireProgram(program), target: "/bin/sh" }];
  return [
    { name: "dash for /bin/sh", options: { mounts: sh("dash"), loginShell: "/bin/sh" } },
    { name: "bash for /bin/sh", options: { mounts: sh("bash"), loginShell: "/bin/sh" } },
    {
      name: "BusyBox alone",
      options: { userland: "BusyBox" },
      lacks: ["bash", "perl"],
      hides: /^an orphan without/,
    },
    { name: "zsh for a login", options: { loginShell: requireProgram("zsh"), wrap: inSh } },
    {
      name: "fish for a login",
      options: { loginShell: requireProgram("fish"), wrap: inShFromFish },
    },
    {
      name: "an empty PATH",
      options: {
        environment: { PATH: "" },
        wrap: (text) => `PATH=/usr/bin:/bin; export PATH; ${text}`,
      },
    },
    {
      name: "no setsid",
      options: { mounts: [without("setsid"), without("perl")] },
      lacks: ["setsid", "perl"],
    },
    {
      name: "no /proc but ps, a simulation of BSD",
      options: { mounts: withoutProc() ?? [] },
      // Not the daemon's either, who holds no descriptor.
      lacks: ["perl"],
      hides: /^(an orphan with|a chain|such a chain)/,
    },
  ];
}
