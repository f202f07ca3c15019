# Runs a durable task below a process of its own, which nobody needs to stay for. Defines functions only, for durable.pl.
# Needs subreaper.pl.
#
# What the supervisor leaves in the folder of the task (see folder.sh): its output in `out` and `err`; `exit.CODE`, or
# `ended.CODE` when a cancel had begun by then; `timeout` when its time was up. `exit.CODE` was `run` before: a rename
# needs no room on a disk that is full. As long as `life` is open for writing, the main process has not ended.
our ($nonce, $leader, $deadline_script, $spool_bytes, $files); # see durable.pl

# The seconds between two looks at the size of its output.
my $look_seconds = 5;
# What a task may keep of its output, and what stays free of the disk; beyond it the oldest is dropped.
my $keep_share = 0.05;

# supervise(TASK, SAYS) runs the task and does not return. SAYS is closed once the main process has become the command.
sub supervise {
  my ($task, $says) = @_;
  @SIG{@signals, "CHLD", "ALRM"} = ("DEFAULT") x (@signals + 2);
  POSIX::setsid();
  my $reaper = become_subreaper() ? "reaper" : "-";
  my $main = fork;
  exit 1 if !defined $main;
  become_main($task, $says, $reaper) if !$main;
  close $says;
  # It keeps nothing open but the life token, so that the channel it was started over can end.
  open STDIN, "<", "/dev/null";
  open STDOUT, ">", "/dev/null";
  open STDERR, ">", "/dev/null";
  chdir "/";
  @SIG{@signals} = (sub { }) x @signals;
  @SIG{"CHLD", "ALRM"} = (sub { }) x 2;
  $0 = "ssh-tasks $task->{id}"; # what ps shows
  watch($task, $main);
  remove_folder($task->{folder}, $nonce) if -e "$task->{folder}/heard";
  exit 0;
}

sub become_main {
  my ($task, $says, $reaper) = @_;
  POSIX::setsid();
  my $mask = umask 077;
  open STDIN, "<", "/dev/null";
  open my $err, ">>", "$task->{folder}/" . ($task->{merge} ? "out" : "err") or exit 1;
  open my $out, ">>", "$task->{folder}/out" or exit 1;
  umask $mask;
  close $task->{life};
  # As leader.sh has them. What is to become 5 or 6 may lie in the other's place.
  my @moved = map { POSIX::dup(fileno $_) } $says, $err, $out;
  POSIX::dup2($moved[0], 5) and POSIX::dup2($moved[1], 6) and POSIX::dup2($moved[2], 1) or exit 1;
  for my $fd (@moved) { POSIX::close($fd) if $fd != 5 && $fd != 6 }
  $ENV{SSH_TASKS_ID} = $task->{id};
  exec "/bin/sh", "-c", $leader, "ssh-tasks", $task->{command}, $task->{folder}, $reaper, $files;
  exit 1;
}

# Waits for the main process, then for the last of the task. CHLD and ALRM come only while it sleeps: none is missed.
sub watch {
  my ($task, $main) = @_;
  my $both = POSIX::SigSet->new(POSIX::SIGCHLD(), POSIX::SIGALRM());
  POSIX::sigprocmask(POSIX::SIG_BLOCK(), $both);
  my $deadline = $task->{seconds} ? uptime() + $task->{seconds} : 0;
  my $next_look = uptime() + $look_seconds;
  while (1) {
    my $pid;
    while (($pid = reap(1)) > 0) { # WNOHANG
      next if $pid != $main;
      my $code = exit_code();
      $main = 0;
      # Known to be so before anybody hears of the end.
      do { $pid = reap(1) } while $pid > 0;
      note_reaped($task->{folder}) if $pid < 0;
      rename "$task->{folder}/run", "$task->{folder}/" . (-e "$task->{folder}/ending" ? "ended" : "exit") . ".$code";
      close $task->{life};
      last;
    }
    if ($pid < 0) {
      note_reaped($task->{folder});
      return;
    }
    if ($main && $deadline && uptime() >= $deadline) {
      $deadline = 0;
      end_by_deadline($task);
    }
    if (uptime() >= $next_look) {
      bound_output($task);
      $next_look = uptime() + $look_seconds;
    }
    my $wake = $next_look;
    $wake = $deadline if $main && $deadline && $deadline < $wake;
    my $sleep = POSIX::ceil($wake - uptime());
    alarm($sleep > 1 ? $sleep : 1);
    POSIX::sigsuspend(POSIX::SigSet->new());
  }
}

# Seconds on a clock that nobody sets.
sub uptime { return (POSIX::times())[0] / POSIX::sysconf(POSIX::_SC_CLK_TCK()) }

# The ladder of a cancel, unless one climbs it already.
sub end_by_deadline {
  my ($task) = @_;
  return if -e "$task->{folder}/ending";
  my $climber = fork;
  return if !defined $climber || $climber;
  POSIX::sigprocmask(POSIX::SIG_SETMASK(), POSIX::SigSet->new());
  @SIG{@signals, "CHLD", "ALRM"} = ("DEFAULT") x (@signals + 2);
  exec "/bin/sh", "-c", $deadline_script, "ssh-tasks", $task->{id};
  exit 1;
}

# Drops the oldest output where there is more than may be kept, or where the disk is nearly full: the file keeps its
# length, and what is gone takes no room (FALLOC_FL_PUNCH_HOLE, fallocate(2)). `dropped.STREAM.OFFSET` says how far.
sub bound_output {
  my ($task) = @_;
  return if !$fallocate;
  for my $stream ("out", "err") {
    my $size = -s "$task->{folder}/$stream" || 0;
    my $seen = $task->{seen}{$stream} || 0;
    next if $size - $seen < 1 << 20;
    $task->{seen}{$stream} = $size;
    my $dropped = $task->{dropped}{$stream} || 0;
    my $keep = $spool_bytes;
    if (is_nearly_full($task->{folder})) { my $half = ($size - $dropped) / 2; $keep = $half if $half < $keep }
    next if $size - $dropped <= $keep;
    drop_output($task, $stream, int(($size - $keep) / 4096) * 4096);
  }
}

sub drop_output {
  my ($task, $stream, $offset) = @_;
  my $before = "$task->{folder}/dropped.$stream." . ($task->{dropped}{$stream} || 0);
  my $after = "$task->{folder}/dropped.$stream.$offset";
  # Said first: who reads what is being dropped looks here afterwards.
  if (!rename $before, $after) { open my $file, ">", $after or return; close $file }
  $task->{dropped}{$stream} = $offset;
  open my $spool, "+<", "$task->{folder}/$stream" or return;
  syscall $fallocate, fileno $spool, 3, 0, $offset;
}

# By df, as perl has no statvfs of its own.
sub is_nearly_full {
  my ($folder) = @_;
  open my $df, "-|", "df", "-Pk", $folder or return;
  my @lines = <$df>;
  close $df;
  my (undef, $all, undef, $free) = split " ", $lines[-1] || "";
  return $all && $free < $all * $keep_share;
}
