# Reads the output of durable tasks as it grows. Defines functions only, for durable.pl. Needs subreaper.pl.
#
# Of each task it has the life token open and nothing else: a file of output is open only while it reads some of it.

# By task id: folder; life, its token, until that has come to its end; and a spool for each stream: of which task, folder and
# stream it is, the offset up to which it was read, the limit where it is to be read no further, its watch, whether it waits.
my %followed;
# The spools that may have more to read, in turn.
my @waiting;
# What select looks at; the tasks of the tokens in it, by descriptor.
my $listened = "";
my %id_of_token;
# The kernel says which file has grown (inotify(7)); those that it does not watch are looked at in turns of $tick seconds.
my $inotify;
my %spool_of_watch;
my %unwatched;
my $tick = 0.1;
# What is read at once, what of one stream before it is the next one's turn, and what in all before other things are.
my $chunk = 65536;
my $share = 4 * $chunk;
my $round = 16 * $chunk;
my %name = (out => "stdout", err => "stderr");

sub open_inotify {
  return if !$inotify_init1;
  my $fd = syscall $inotify_init1, 04000; # IN_NONBLOCK
  listen_to($inotify) if $fd >= 0 && open $inotify, "+<&=", $fd;
}

sub listen_to { my ($file) = @_; vec($listened, fileno $file, 1) = 1 }

# follow(ID, OUT, ERR) says `data` from these offsets on, and `end` at the end. @return whether it does.
sub follow {
  my ($id, $out, $err) = @_;
  unfollow($id);
  my $folder = find_folder($id);
  return say_end($id, "missing") if !defined $folder;
  # For its token, and for what is open at a time to read.
  return give_up($id) if !has_descriptors(3);
  sysopen my $life, "$folder/life", POSIX::O_RDONLY() | POSIX::O_NONBLOCK()
    or return $! == POSIX::ENOENT() ? say_end($id, "missing") : give_up($id);
  listen_to($life);
  $id_of_token{fileno $life} = $id;
  $followed{$id} = {
    folder => $folder, life => $life, out => add_spool($id, $folder, "out", $out), err => add_spool($id, $folder, "err", $err),
  };
  # An end that has been before it was opened nobody says.
  my $none = sysread $life, my $byte, 1;
  end_followed($id) if defined $none;
  return 1;
}

# Whether so many more files can be open.
sub has_descriptors {
  my ($count) = @_;
  my @held = grep { defined } map { POSIX::dup(1) } 1 .. $count;
  POSIX::close($_) for @held;
  return @held == $count;
}

sub add_spool {
  my ($id, $folder, $stream, $offset) = @_;
  my $spool = {id => $id, folder => $folder, stream => $stream, offset => $offset};
  my $path = "$folder/$stream\0";
  my $watch = $inotify ? syscall $inotify_add_watch, fileno $inotify, $path, 2 : -1; # IN_MODIFY
  if ($watch >= 0) {
    $spool->{watch} = $watch;
    $spool_of_watch{$watch} = $spool;
  } else {
    $unwatched{"$id $stream"} = $spool;
  }
  mark($spool);
  return $spool;
}

sub unfollow {
  my ($id) = @_;
  my $task = delete $followed{$id} or return;
  close_token($task);
  for my $spool (@$task{"out", "err"}) {
    delete $unwatched{"$id $spool->{stream}"};
    my $watch = $spool->{watch};
    next if !defined $watch;
    delete $spool_of_watch{$watch};
    syscall $inotify_rm_watch, fileno $inotify, $watch;
  }
}

sub close_token {
  my ($task) = @_;
  my $life = delete $task->{life} or return;
  vec($listened, fileno $life, 1) = 0;
  delete $id_of_token{fileno $life};
  close $life;
}

# It can't be read now. Who wants to may ask again later.
sub give_up { my ($id) = @_; unfollow($id); return say_end($id, "later") }

# Marks what has grown.
sub read_inotify {
  while (sysread $inotify, my $events, 65536) {
    for (my ($at, $length) = (0, 0); $at < length $events; $at += 16 + $length) {
      (my $watch, undef, undef, $length) = unpack "iIII", substr $events, $at, 16;
      if ($watch < 0) { mark_all() } # there were more than the kernel keeps
      elsif ($spool_of_watch{$watch}) { mark($spool_of_watch{$watch}) }
    }
  }
}

sub mark {
  my ($spool) = @_;
  push @waiting, $spool if !$spool->{waits};
  $spool->{waits} = 1;
}

sub mark_all { for my $task (values %followed) { mark($_) for @$task{"out", "err"} } }

sub mark_unwatched {
  for my $spool (values %unwatched) { mark($spool) if (-s "$spool->{folder}/$spool->{stream}" || 0) > $spool->{offset} }
}

# Has each stream that waits say its share, and each task that has ended and has no more say so, until that is enough for now.
sub say_output {
  my $said = 0;
  while (@waiting && $said < $round) {
    my $spool = shift @waiting;
    my $id = $spool->{id};
    $spool->{waits} = 0;
    next if !$followed{$id} || $followed{$id}{$spool->{stream}} != $spool;
    $said += say_share($spool);
    my $task = $followed{$id} or next;
    say_how_it_ended($id) if !$task->{life} && !$task->{out}{waits} && !$task->{err}{waits};
  }
}

# @return how many bytes.
sub say_share {
  my ($spool) = @_;
  my $file = POSIX::open("$spool->{folder}/$spool->{stream}", POSIX::O_RDONLY());
  if (!defined $file) {
    give_up($spool->{id}) if $! != POSIX::ENOENT();
    return 0;
  }
  my ($said, $read) = (0, $chunk);
  while (defined $read && $read == $chunk && $said < $share) {
    $read = say_chunk($spool, $file);
    $said += $read || 0;
  }
  POSIX::close($file);
  if (!defined $read) { give_up($spool->{id}) }
  elsif ($read == $chunk) { mark($spool) }
  return $said;
}

# @return how many bytes, undef when they can't be read. Less than a chunk is all there is.
sub say_chunk {
  my ($spool, $file) = @_;
  my $wanted = $chunk;
  if (defined $spool->{limit}) { my $rest = $spool->{limit} - $spool->{offset}; $wanted = $rest if $rest < $wanted }
  return 0 if $wanted <= 0;
  POSIX::lseek($file, $spool->{offset}, 0);
  my $read = POSIX::read($file, my $bytes, $wanted);
  return $read if !defined $read || $read == 0;
  # Who is less than a chunk behind is never overtaken.
  return $read if $read == $chunk && skip_dropped($spool);
  say_frame("data $spool->{id} $name{$spool->{stream}} $spool->{offset} $read", $bytes);
  $spool->{offset} += $read;
  return $read;
}

# What was dropped reads as zeros: then goes on behind it.
sub skip_dropped {
  my ($spool) = @_;
  my ($mark) = find_in_folder($spool->{folder}, qr/^dropped\.$spool->{stream}\.(\d+)$/);
  return 0 if !defined $mark || $mark <= $spool->{offset};
  say_frame("gap $spool->{id} $name{$spool->{stream}} $spool->{offset} $mark");
  $spool->{offset} = $mark;
  return 1;
}

# The first capture of the first name in the folder that matches.
sub find_in_folder {
  my ($folder, $pattern) = @_;
  opendir my $names, $folder or return;
  for my $name (readdir $names) { return $1 if $name =~ $pattern }
  return;
}

# The life token of a task is at its end: what is there now is all.
sub end_followed {
  my ($id) = @_;
  my $task = $followed{$id};
  close_token($task);
  # What was left behind may go on printing, faster than anybody reads.
  for my $spool (@$task{"out", "err"}) {
    $spool->{limit} = -s "$spool->{folder}/$spool->{stream}" || 0;
    mark($spool);
  }
}

sub say_how_it_ended {
  my ($id) = @_;
  my $task = $followed{$id};
  my $folder = $task->{folder};
  my $is_there = opendir my $names, $folder;
  return give_up($id) if !$is_there && $! != POSIX::ENOENT();
  my ($code) = map { /^(?:exit|ended)\.(\d+)$/ } $is_there ? readdir $names : ();
  my $left = -e "$folder/reaped" ? "none" : "left";
  my $by = -e "$folder/timeout" ? "timeout" : "itself";
  my $kind = -e "$folder/never" ? "never" : defined $code ? "exited" : is_rebooted($folder) ? "rebooted" : "lost";
  $kind = "missing" if !$is_there;
  unfollow($id);
  say_end($id, $kind, defined $code ? $code : "-", $left, $by, map { $_->{offset} } @$task{"out", "err"});
}

sub is_rebooted {
  my ($folder) = @_;
  my (undef, undef, $then) = split " ", first_line("$folder/main");
  my $now = first_line("/proc/sys/kernel/random/boot_id");
  return $now ne "" && defined $then && $then ne "none" && $then ne $now;
}

sub first_line {
  open my $file, "<", $_[0] or return "";
  my $line = <$file>;
  return "" if !defined $line;
  chomp $line;
  return $line;
}

sub say_end { my ($id, @words) = @_; return say_frame("end $id @words") }
