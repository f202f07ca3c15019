# Runs a task attached to its channel. Needs folder.sh, members.sh and ladder.sh.
#
# st_attached NONCE TASK_ID LEADER_SCRIPT RUNNER_SCRIPT REAPER_SCRIPT COMMAND
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
  LEADER='' SUPERVISOR=$$ REAPER='' MEMBERS=''
  { while read -r _; do :; done; st_end_unattended; } <&7 >/dev/null 3>&- 6>&- &
  st_watch=$!
  st_find_perl
  # The reaper may stay for longer than this shell has to wait: it ends with the pipe.
  if [ -n "$st_perl" ]; then
    st_end=$( { (st_launch "$5" "$3" "$4" "$6") & } 5>&1 >&3 3>&-)
  else
    st_end=$( (st_launch "$5" "$3" "$4" "$6") 5>&1 >&3 3>&-)
  fi
  # Not heeded once it has begun to end the task. Until it is gone it may take what this shell is to read, and needs its pid.
  # Not by TERM, which a shell that was just forked still takes for caught.
  kill -USR1 $st_watch
  wait $st_watch
  # shellcheck disable=SC2086 # words
  set -- $st_end
  [ $# -gt 0 ] || return
  # The gate has kept the command from running, and nobody else comes to it.
  [ ! -e "$FOLDER/never" ] || st_remove_folder
  # The exit of its own, for a cancel that comes when nobody heard of it.
  [ -z "$FOLDER" ] || [ -e "$FOLDER/ending" ] || : >"$FOLDER/exit.$1"
  st_count_left "$2"
  printf '\n%s END %s %s\n' "$NONCE" "$1" "$st_left"
  printf '\n%s END %s %s\n' "$NONCE" "$1" "$st_left" >&6
  # Without that word nobody may have heard of the end: the folder stays to tell a cancel. One that has begun still asks
  # the FIFO, and removes the folder itself.
  read -r st_word <&7
  [ "$st_word" = "done" ] && [ ! -e "$FOLDER/ending" ] || return
  if [ $st_more = yes ]; then
    : >"$FOLDER/heard" # the reaper removes the folder with the last of them
    [ -e "$FOLDER/reaped" ] || return
  fi
  st_remove_folder
}

# Sets st_perl to a perl that may become a reaper, "" when there is none: it needs Linux.
st_find_perl() {
  st_perl=''
  [ -r "/proc/$$/stat" ] || return
  for st_bin in /usr/local/bin /bin /usr/bin; do
    [ ! -x "$st_bin/perl" ] || st_perl=$st_bin/perl
  done
}

# st_launch REAPER_SCRIPT LEADER_SCRIPT RUNNER_SCRIPT COMMAND
st_launch() {
  st_reaper=$1
  set -- "$2" "$3" "$4" "$FOLDER" "$TASK_ID" "$NONCE"
  case $st_path in unset) unset PATH ;; *) PATH=$st_path ;; esac
  exec 7<&-
  [ -z "$st_perl" ] || exec "$st_perl" -e "$st_reaper" "$@"
  st_runner=$2 st_leader=$1
  shift 2
  exec /bin/sh -c "$st_runner" ssh-tasks "$st_leader" "$@"
}

# st_count_left HINT sets st_left, how many processes are there now that the main process has ended, and st_more, whether
# there may be any. HINT is "" where there is none, `left`, or `?` where that is not known: to look at every process takes
# a while.
st_count_left() {
  st_left=0 st_more=no
  case $1 in
    '') return ;;
    '?') [ -z "$FOLDER" ] || st_is_held || return ;;
  esac
  st_more=yes
  st_recall
  [ -z "$FOLDER" ] || read -r MEMBERS <"$FOLDER/left"
  st_members
  st_left=$(st_count "$PIDS")
  # For a cancel that comes when the parents they are known by have gone.
  [ -z "$FOLDER" ] || [ "$st_left" = 0 ] || echo "$MEMBERS" >"$FOLDER/left"
}

# The folder stays, for the cancel that comes once somebody is there again.
st_end_unattended() {
  trap '' HUP INT TERM PIPE USR1
  GRACE=500
  # Where the main process is still on its way, it never runs, and what waits for it removes the folder.
  [ -z "$FOLDER" ] || ! st_pass_gate || return
  st_climb
}

st_report() { :; }
