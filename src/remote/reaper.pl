# Starts the main process of a task and gets every orphan of it (PR_SET_CHILD_SUBREAPER, prctl(2)), which is a mark that
# nothing can shed: as long as this process is there, the whole task is below it, and once the last has gone, so does it.
# Where that can't be had it becomes runner.sh.
# Arguments: leader.sh, runner.sh, then what both need: the command, the folder, the task's id, the nonce.
# Descriptor 6 is the task's standard error. On descriptor 5 it says how the main process ended: the exit code, and `left`
# when other processes are still there.
use strict;
my ($leader, $runner, $command, $folder, $id, $nonce) = @ARGV;

# The numbers of prctl and setsid by the machine of perl's own file (elf(5), e_machine): x86-64, AArch64, RISC-V,
# LoongArch, x86, Arm.
my %numbers = (62 => [157, 112], 183 => [167, 157], 243 => [167, 157], 258 => [167, 157], 3 => [172, 66], 40 => [172, 66]);
my $header = "\0" x 20;
if (open my $self, "<", "/proc/self/exe") {
  read $self, $header, 20;
  close $self;
}
my ($prctl, $setsid) = @{$numbers{unpack "x18 v", $header} || []};

my @signals = qw(HUP INT QUIT TERM PIPE);
# A shell has what it starts in the background ignore some of them, and the task must not.
@SIG{@signals, "CHLD"} = ("DEFAULT") x 6;
if (!$prctl || syscall($prctl, 36, 1, 0, 0, 0) != 0) {
  exec "/bin/sh", "-c", $runner, "ssh-tasks", $leader, $command, $folder, $id, $nonce;
}
my $main = fork;
exit 1 if !defined $main;
if (!$main) {
  syscall $setsid;
  @ENV{"SSH_TASKS_ID", "SSH_TASKS_NONCE"} = ($id, $nonce);
  exec "/bin/sh", "-c", $leader, "ssh-tasks", $command, $folder, "reaper";
}
@SIG{@signals} = (sub { }) x @signals;
$0 = "ssh-tasks $id"; # what ps shows

# The pid of a child that has ended, 0 when none has, -1 when there are no children.
sub reap {
  my ($flags) = @_;
  my $pid;
  do { $pid = waitpid -1, $flags } while $pid == -1 && $! == 4; # EINTR
  return $pid;
}
# The proof that nothing is left, for a cancel that comes later.
sub note_reaped {
  if ($folder ne "" && open my $file, ">", "$folder/reaped") { close $file }
}

my $code;
while ((my $pid = reap(0)) > 0) {
  if ($pid == $main) { $code = $? & 127 ? 128 + ($? & 127) : $? >> 8; last }
}
my $more;
do { $more = reap(1) } while $more > 0; # WNOHANG
note_reaped() if $more < 0;
if (open my $result, ">&=5") {
  print $result $more < 0 ? "$code\n" : "$code left\n";
  close $result;
}

# From here on nobody waits for it, and it keeps nothing open.
open STDOUT, ">", "/dev/null";
if (open my $stderr, ">&=6") { close $stderr }
chdir "/";
1 while reap(0) > 0;
note_reaped();
# The folder stayed for the end of what was left (see attached.sh).
if ($folder ne "" && -e "$folder/heard" && rename $folder, "$folder.$nonce" and opendir my $files, "$folder.$nonce") {
  unlink map { "$folder.$nonce/$_" } readdir $files;
  rmdir "$folder.$nonce";
}
