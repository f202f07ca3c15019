# Starts the main process of an attached task and gets every orphan of it: as long as this process is there, the whole task
# is below it, and once the last has gone, so does it. Where that can't be had it becomes runner.sh. Needs subreaper.pl.
# Arguments: leader.sh, runner.sh, then what both need: the command, the folder, the task's id, the nonce.
# Descriptor 6 is the task's standard error. On descriptor 5 it says how the main process ended: the exit code, and `left`
# when other processes are still there.
my ($leader, $runner, $command, $folder, $id, $nonce) = @ARGV;

# A shell has what it starts in the background ignore some of them, and the task must not.
@SIG{@signals, "CHLD"} = ("DEFAULT") x 6;
if (!become_subreaper()) {
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

my $code;
while ((my $pid = reap(0)) > 0) {
  if ($pid == $main) { $code = exit_code(); last }
}
my $more;
do { $more = reap(1) } while $more > 0; # WNOHANG
note_reaped($folder) if $more < 0;
if (open my $result, ">&=5") {
  print $result $more < 0 ? "$code\n" : "$code left\n";
  close $result;
}

# From here on nobody waits for it, and it keeps nothing open.
open STDOUT, ">", "/dev/null";
if (open my $stderr, ">&=6") { close $stderr }
chdir "/";
1 while reap(0) > 0;
note_reaped($folder);
# The folder stayed for the end of what was left (see attached.sh).
remove_folder($folder, $nonce) if $folder ne "" && -e "$folder/heard";
