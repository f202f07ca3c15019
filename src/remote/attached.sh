# Runs a task attached to its channel. Needs folder.sh, members.sh and ladder.sh.
#
# st_attached NONCE TASK_ID LEADER_SCRIPT RUNNER_SCRIPT COMMAND
# Both streams begin with a line NONCE BEGIN (see leader.sh), so that what the user's rc files print is told apart, and
# end with NONCE END CODE LEFT once the main process has ended, LEFT being how many processes it left behind: whatever
# comes after that is from them. Without END nobody knows how it ended.
# The line `done` on standard input says that the end was heard; end of file before END means that nobody is there
# any more: then the task is ended here.
st_attached() {
  set +e +u +f
  unset IFS
  NONCE=$1 TASK_ID=$2
  trap : HUP INT TERM PIPE
  exec 7<&0 </dev/null 3>&1 6>&2 2>/dev/null
  st_path=${PATH-unset}
  PATH=${PATH:+$PATH:}/usr/bin:/bin PROC=/proc
  st_make_folder
  { while read -r _; do :; done; st_end_unattended; } <&7 >/dev/null 3>&- 6>&- &
  st_watch=$!
  st_end=$( (st_launch "$3" "$4" "$5") 5>&1 >&3 3>&-)
  # Not heeded once it has begun to end the task. Until it is gone it may take what this shell is to read, and needs its pid.
  # Not by TERM, which a shell that was just forked still takes for caught.
  kill -USR1 $st_watch
  wait $st_watch
  # shellcheck disable=SC2086 # words
  set -- $st_end
  [ $# -gt 0 ] || return
  st_code=$1
  shift
  CHILDREN=$*
  # The gate has kept the command from running, and nobody else comes to it.
  [ ! -e "$FOLDER/never" ] || st_remove_folder
  # The exit of its own, for a cancel that comes when nobody heard of it.
  [ -z "$FOLDER" ] || [ -e "$FOLDER/ending" ] || echo "$st_code" >"$FOLDER/exit"
  st_count_left
  printf '\n%s END %s %s\n' "$NONCE" "$st_code" "$st_left"
  printf '\n%s END %s %s\n' "$NONCE" "$st_code" "$st_left" >&6
  # Without that word nobody may have heard of the end: the folder stays to tell a cancel. One that has begun still asks
  # the FIFO, and removes the folder itself.
  read -r st_word <&7
  [ "$st_word" != "done" ] || [ "$st_held$st_left" != no0 ] || [ -e "$FOLDER/ending" ] || st_remove_folder
}

# Where perl can, the runner gets every orphan of the task (PR_SET_CHILD_SUBREAPER, prctl(2)): by them it knows what is
# left, and by it a cancel finds those that shed every other mark.
st_launch() {
  set -- "$2" ssh-tasks "$1" "$3" "$FOLDER" "$TASK_ID" "$NONCE"
  case $st_path in unset) unset PATH ;; *) PATH=$st_path ;; esac
  for st_bin in /usr/bin /bin /usr/local/bin; do
    if [ ! -x "$st_bin/perl" ] || [ ! -r "/proc/$$/task/$$/children" ]; then continue; fi
    exec 7<&-
    # The number of prctl by the machine of perl's own file (elf(5), e_machine): x86-64, AArch64, RISC-V, LoongArch, x86, Arm.
    # shellcheck disable=SC2016,SC2093 # it is Perl; the loop ends here
    exec "$st_bin/perl" -e '
      my %prctl = (62 => 157, 183 => 167, 243 => 167, 258 => 167, 3 => 172, 40 => 172);
      my $header = "\0" x 20;
      if (open my $self, "<", "/proc/self/exe") { read $self, $header, 20 }
      my $number = $prctl{unpack "x18 v", $header} // 0;
      push @ARGV, "reaper" if $number && syscall($number, 36, 1, 0, 0, 0) == 0;
      exec "/bin/sh", "-c", @ARGV' "$@"
  done
  exec /bin/sh -c "$@" 7<&-
}

# Sets st_left and st_held. To look at every process takes a while, so first whether there can be any. Children and scans
# miss who forks all the time, the FIFO does not.
st_count_left() {
  st_left=0 st_held=no
  [ -z "$FOLDER" ] || ! st_is_held || st_held=yes
  case $CHILDREN in
    '') [ $st_held = yes ] || return ;;
    '?') CHILDREN=''; [ -z "$FOLDER" ] || [ $st_held = yes ] || return ;;
  esac
  LEADER='' SUPERVISOR='' MEMBERS='' PIDS=''
  st_members
  st_left=$(st_count "$PIDS")
}

st_end_unattended() {
  trap '' HUP INT TERM PIPE USR1
  LEADER='' SUPERVISOR=$$ CHILDREN='' GRACE=500
  # Where the main process is still on its way, it never runs, and what waits for it removes the folder.
  [ -z "$FOLDER" ] || ! st_pass_gate || return
  st_climb
  [ "$VERDICT" != gone ] || st_remove_folder
}

st_report() { :; }
