# What gets the orphans of a task and knows when the last process of it has ended. Defines functions only, for reaper.pl
# and durable.pl.
use strict;

# The numbers of prctl, setsid, inotify_init1, inotify_add_watch, inotify_rm_watch and fallocate by the machine of perl's own
# file (elf(5), e_machine): x86-64, AArch64, RISC-V, LoongArch, x86, Arm. Where 64 bits don't fit one word there is no fallocate.
my @generic = (167, 157, 26, 27, 28, 47);
my %numbers = (
  62 => [157, 112, 294, 254, 255, 285], 183 => \@generic, 243 => \@generic, 258 => \@generic,
  3 => [172, 66, 332, 292, 293], 40 => [172, 66, 360, 317, 318],
);
my $header = "\0" x 20;
if (open my $self, "<", "/proc/self/exe") {
  read $self, $header, 20;
  close $self;
}
my ($prctl, $setsid, $inotify_init1, $inotify_add_watch, $inotify_rm_watch, $fallocate) = @{$numbers{unpack "x18 v", $header} || []};
my @signals = qw(HUP INT QUIT TERM PIPE);

# Becomes the parent of every orphan below this process (PR_SET_CHILD_SUBREAPER, prctl(2)): a mark that nothing can shed.
# False where that can't be had.
sub become_subreaper { return $prctl && syscall($prctl, 36, 1, 0, 0, 0) == 0 }

# The pid of a child that has ended, 0 when none has, -1 when there are no children.
sub reap {
  my ($flags) = @_;
  my $pid;
  do { $pid = waitpid -1, $flags } while $pid == -1 && $! == 4; # EINTR
  return $pid;
}

# The exit code that a shell would give for what waitpid said: 128 and the signal for a death by signal.
sub exit_code { return $? & 127 ? 128 + ($? & 127) : $? >> 8 }

# Says in the folder that all processes of the task have ended, for a cancel that comes later.
sub note_reaped {
  my ($folder) = @_;
  if ($folder ne "" && open my $file, ">", "$folder/reaped") { close $file }
}

# Renamed first: while it is taken apart, its gate must not open again.
sub remove_folder {
  my ($folder, $nonce) = @_;
  if (rename $folder, "$folder.$nonce" and opendir my $files, "$folder.$nonce") {
    unlink map { "$folder.$nonce/$_" } readdir $files;
    rmdir "$folder.$nonce";
  }
}
