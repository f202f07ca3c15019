# Reads the output of durable tasks as it grows. Defines functions only, for durable.pl. Needs subreaper.pl.

# By task id: folder, and by stream the file, the offset, and whether there may be more to read; life, its token.
my %followed;
# The kernel says which file has grown (inotify(7)); where it can't, files are looked at in turns of $tick seconds.
my $inotify;
my %stream_of_watch;
my $tick = 0.1;
my $chunk = 65536;
my %name = (out => "stdout", err => "stderr");

sub open_inotify {
  return if !$inotify_init1;
  my $fd = syscall $inotify_init1, 04000; # IN_NONBLOCK
  open $inotify, "+<&=", $fd if $fd >= 0;
}

# follow(ID, OUT, ERR) says `data` from these offsets on, and `end` at the end.
sub follow {
  my ($id, $out, $err) = @_;
  unfollow($id);
  my $folder = find_folder($id);
  return say_end($id, "missing") if !defined $folder;
  sysopen my $life, "$folder/life", POSIX::O_RDONLY() | POSIX::O_NONBLOCK() or return say_end($id, "missing");
  my %task = (folder => $folder, life => $life);
  my %offset = (out => $out, err => $err);
  for my $stream ("out", "err") {
    open my $file, "<", "$folder/$stream" or next;
    sysseek $file, $offset{$stream}, 0;
    $task{$stream} = {file => $file, offset => $offset{$stream}, dirty => 1};
    next if !$inotify;
    my $path = "$folder/$stream\0";
    my $watch = syscall $inotify_add_watch, fileno $inotify, $path, 2; # IN_MODIFY
    $stream_of_watch{$watch} = [$id, $stream] if $watch >= 0;
    $task{$stream}{watch} = $watch;
  }
  $followed{$id} = \%task;
  # An end that has been before it was opened nobody says.
  my $none = sysread $life, my $byte, 1;
  end_followed($id) if defined $none;
}

sub unfollow {
  my ($id) = @_;
  my $task = delete $followed{$id} or return;
  # Watches go with their files; the folder stays, so they are forgotten here.
  for my $stream ("out", "err") { delete $stream_of_watch{$task->{$stream}{watch}} if $task->{$stream} && defined $task->{$stream}{watch} }
}

# Marks what has grown.
sub read_inotify {
  while (sysread $inotify, my $events, 65536) {
    while (length $events >= 16) {
      my ($watch, undef, undef, $length) = unpack "iIII", $events;
      $events = substr $events, 16 + $length;
      my $grown = $stream_of_watch{$watch} or next;
      my ($id, $stream) = @$grown;
      $followed{$id}{$stream}{dirty} = 1 if $followed{$id};
    }
  }
}

sub mark_all {
  for my $task (values %followed) { for my $stream ("out", "err") { $task->{$stream}{dirty} = 1 if $task->{$stream} } }
}

# One chunk of each stream that may have more, and the end of each task that has no more. @return whether any had.
sub say_output {
  my $more = 0;
  for my $id (keys %followed) {
    my $task = $followed{$id};
    my $had = say_chunk($id, "out", $task) + say_chunk($id, "err", $task);
    say_how_it_ended($id) if $task->{ended} && !$had;
    $more += $had;
  }
  return $more;
}

sub say_chunk {
  my ($id, $stream, $task) = @_;
  my $spool = $task->{$stream};
  return 0 if !$spool || !$spool->{dirty};
  my $wanted = $chunk;
  if (defined $spool->{limit}) { my $rest = $spool->{limit} - $spool->{offset}; $wanted = $rest if $rest < $wanted }
  my $bytes;
  my $read = $wanted > 0 ? sysread $spool->{file}, $bytes, $wanted : 0;
  if (!$read) {
    $spool->{dirty} = 0;
    return 0;
  }
  # Who is less than a chunk behind is never overtaken.
  return 1 if $read == $chunk && skip_dropped($id, $stream, $task);
  say_frame("data $id $name{$stream} $spool->{offset} $read", $bytes);
  $spool->{offset} += $read;
  return 1;
}

# What was dropped reads as zeros: then goes on behind it.
sub skip_dropped {
  my ($id, $stream, $task) = @_;
  my $spool = $task->{$stream};
  my ($mark) = find_in_folder($task->{folder}, qr/^dropped\.$stream\.(\d+)$/);
  return 0 if !defined $mark || $mark <= $spool->{offset};
  say_frame("gap $id $name{$stream} $spool->{offset} $mark");
  $spool->{offset} = $mark;
  sysseek $spool->{file}, $mark, 0;
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
  my $task = $followed{$id} or return;
  close $task->{life};
  $task->{ended} = 1;
  # What was left behind may go on printing, faster than anybody reads.
  for my $spool (grep { $_ } @$task{"out", "err"}) { @$spool{"dirty", "limit"} = (1, -s $spool->{file}) }
}

sub say_how_it_ended {
  my ($id) = @_;
  my $task = $followed{$id};
  my $folder = $task->{folder};
  my $code = find_in_folder($folder, qr/^(?:exit|ended)\.(\d+)$/);
  my @sizes = map { $task->{$_} ? $task->{$_}{offset} : 0 } "out", "err";
  my $left = -e "$folder/reaped" ? "none" : "left";
  my $by = -e "$folder/timeout" ? "timeout" : "itself";
  my $kind = -e "$folder/never" ? "never" : defined $code ? "exited" : is_rebooted($folder) ? "rebooted" : "lost";
  unfollow($id);
  say_end($id, $kind, defined $code ? $code : "-", $left, $by, @sizes);
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

sub say_end { my ($id, @words) = @_; say_frame("end $id @words") }
