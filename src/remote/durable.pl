# Starts durable tasks on a host and follows them, for one client over one channel: what it starts needs neither. Needs
# subreaper.pl, supervise.pl and follow.pl.
#
# Arguments: a nonce, leader.sh, deadline.sh with all it needs, the bytes of output to keep per task, and the open files that a
# task is allowed (see durable.sh). It says `READY`, then reads requests:
#   start ID SECONDS MERGE LENGTH    runs the command, the LENGTH bytes that follow the line; SECONDS 0 is no deadline;
#                                    with MERGE 1 both streams are one. Asked again, it starts nothing twice
#   follow ID OUT ERR                says who it is, what the task prints from these offsets on, and its end
#   unfollow ID
# What it says, each line behind a nonce:
#   started ID PID START BOOT_ID SUPERVISOR REAPER                    what leader.sh said of itself
#   data ID STREAM OFFSET LENGTH                                      and then so many bytes
#   gap ID STREAM FROM TO                                             bytes that are no longer kept
#   end ID exited CODE none|left itself|timeout OUT ERR               after all output; the offsets are those of the ends
#   end ID lost|rebooted|never|missing|nofolder ...                   nobody saw its end; the host was started anew
#                                                                     since; a cancel came first; there is no folder of
#                                                                     it; there is no place for one
#   end ID nodescriptor                                               it was not started: no more files can be open
#   end ID later                                                      it can't be followed now, and may be again later
# At end of file it ends, and nothing that it has started does.
($nonce, $leader, $deadline_script, $spool_bytes, $files) = @ARGV;

if (!eval { require POSIX }) {
  print "\n$nonce UNABLE\n";
  exit 0;
}
$0 = "ssh-tasks"; # what ps shows
$SIG{CHLD} = "IGNORE";
$SIG{PIPE} = sub { exit 0 };

my $home_place = $ENV{XDG_STATE_HOME} || ($ENV{HOME} ? "$ENV{HOME}/.local/state" : "");
# As in folder.sh.
my @places = ($home_place ? "$home_place/ssh-tasks" : (), map { "$_/ssh-tasks-$<" } "/var/tmp", $ENV{TMPDIR} || "/tmp", "/dev/shm");
# Tasks whose main process has not said yet who it is, and the pipe of each that ends when it has: by its descriptor.
my %starting;

sub say_frame {
  my ($line, $bytes) = @_;
  my $frame = "$nonce $line\n" . (defined $bytes ? $bytes : "");
  while (length $frame) {
    my $written = syswrite STDOUT, $frame;
    if (!defined $written) { next if $! == 4; exit 0 } # EINTR
    substr $frame, 0, $written, "";
  }
  return;
}

# Where everybody may write, somebody else may have made it.
sub is_ours {
  my ($place) = @_;
  my @stat = lstat $place;
  return @stat && -d _ && $stat[4] == $>;
}

sub find_folder {
  my ($id) = @_;
  for my $place (@places) { return "$place/$id" if -d "$place/$id" && is_ours($place) }
  return;
}

# Makes the folder of a task in the first place that takes data, and all that starting it needs in it. A cancel may have
# made it before, with its gate shut. @return the folder; undef when there is no place, "" when it was started before.
sub make_folder {
  my ($id) = @_;
  my $found = find_folder($id);
  return fill_folder($found, $id) if defined $found;
  for my $place (@places) {
    make_place($place) if !-d $place;
    next if !is_ours($place);
    if (mkdir "$place/$id", 0700) {
      my $folder = fill_folder("$place/$id", $id);
      return $folder if defined $folder;
      remove_folder("$place/$id", $nonce);
    } elsif (-d "$place/$id") {
      return fill_folder("$place/$id", $id);
    }
  }
  return;
}

sub make_place {
  my ($place) = @_;
  my $path = "";
  for my $part (split m{/}, substr $place, 1) {
    $path .= "/$part";
    mkdir $path, 0700;
  }
}

# `run` is made once: who makes it starts the task. Written to, as a disk may be full.
sub fill_folder {
  my ($folder, $id) = @_;
  POSIX::mkfifo("$folder/$_", 0600) for grep { !-p "$folder/$_" } "tree", "life";
  if (!sysopen my $run, "$folder/run", POSIX::O_WRONLY() | POSIX::O_CREAT() | POSIX::O_EXCL(), 0600) {
    return -e "$folder/run" ? "" : undef;
  } elsif (!syswrite $run, "$id\n" or !close $run) {
    return;
  }
  # It has become that when the task ended.
  if (find_in_folder($folder, qr/^(?:exit|ended)\.(\d+)$/)) {
    unlink "$folder/run";
    return "";
  }
  return -p "$folder/tree" && -p "$folder/life" ? $folder : undef;
}

sub start {
  my ($id, $seconds, $merge, $command) = @_;
  # What nobody could follow is not started.
  if (!has_descriptors(8)) { return defined find_folder($id) ? follow_from($id, 0, 0) : say_end($id, "nodescriptor") }
  my $folder = make_folder($id);
  return say_end($id, "nofolder") if !defined $folder;
  return follow_from($id, 0, 0) if $folder eq "";
  # Open before anybody follows, who takes a token that nobody holds for the end.
  sysopen my $life, "$folder/life", POSIX::O_RDWR();
  my %task = (id => $id, folder => $folder, seconds => $seconds, merge => $merge, command => $command, life => $life);
  for my $stream ("out", "err") { if (open my $file, ">>", "$folder/$stream") { chmod 0600, $file } }
  pipe my $said, my $says;
  my $supervisor = fork;
  if (defined $supervisor && !$supervisor) {
    close $said;
    let_go_of_client();
    supervise(\%task, $says);
  }
  close $says;
  $starting{fileno $said} = [$id, $said];
  listen_to($said);
  follow($id, 0, 0);
}

# What the supervisor has of this process.
sub let_go_of_client {
  %followed = ();
  %starting = ();
  close $inotify if $inotify;
}

# Also says `started`, to who has not heard it.
sub follow_from {
  my ($id, $out, $err) = @_;
  say_started($id, find_folder($id)) if follow($id, $out, $err);
}

sub say_started {
  my ($id, $folder) = @_;
  my $words = first_line("$folder/main");
  say_frame("started $id $words") if $words ne "";
}

my $input = "";

# Answers the requests that have come in whole.
sub answer_requests {
  while ($input =~ /^([^\n]*)\n/) {
    my ($verb, $id, @words) = split " ", $1;
    my $length = $verb eq "start" ? $words[2] : 0;
    my $begin = length($1) + 1;
    return if length $input < $begin + $length;
    my $command = substr $input, $begin, $length;
    $input = substr $input, $begin + $length;
    if ($verb eq "start") { start($id, @words[0, 1], $command) }
    elsif ($verb eq "follow") { follow_from($id, @words) }
    elsif ($verb eq "unfollow") { unfollow($id) }
  }
}

# Waits until something has happened, and does what there is to do about it.
sub turn {
  my ($timeout) = @_;
  my $ready = $listened;
  if (select($ready, undef, undef, $timeout) > 0) {
    # First, as a request may have another file take the place of one.
    end_those_ready($ready);
    read_inotify() if $inotify && vec $ready, fileno $inotify, 1;
    if (vec $ready, 0, 1) {
      sysread STDIN, $input, 65536, length $input or exit 0;
      answer_requests();
    }
  }
  mark_unwatched();
}

# The tokens are among hundreds of descriptors of which few are ready.
sub end_those_ready {
  my ($ready) = @_;
  while ($ready =~ /[^\0]/g) {
    my $first = 8 * (pos($ready) - 1);
    for my $fd (grep { vec $ready, $_, 1 } $first .. $first + 7) {
      if ($starting{$fd}) { on_started($fd) }
      elsif (exists $id_of_token{$fd}) { end_followed($id_of_token{$fd}) }
    }
  }
}

sub on_started {
  my ($fd) = @_;
  my ($id, $said) = @{delete $starting{$fd}};
  vec($listened, $fd, 1) = 0;
  close $said;
  my $folder = find_folder($id);
  say_started($id, $folder) if defined $folder;
}

listen_to(\*STDIN);
open_inotify();
binmode STDOUT;
syswrite STDOUT, "\n"; # what rc files have printed may lack it
say_frame("READY");
while (1) {
  turn(@waiting ? 0 : %unwatched ? $tick : undef);
  say_output();
}
