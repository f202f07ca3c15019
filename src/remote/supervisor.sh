# Runs a durable task where there is no perl for supervise.pl, and leaves the same in its folder; it drops no output. Needs
# folder.sh, members.sh and ladder.sh.
# $1 the folder, $2 the task's id, $3 its seconds, $4 1 when both streams are one, $5 leader.sh, $6 deadline.sh with all it
# needs, $7 the command. Descriptor 9 is the life token.
exec </dev/null >/dev/null 2>&1
trap : HUP INT QUIT TERM PIPE
FOLDER=$1 TASK_ID=$2
st_begin_in=$(pwd -P)

st_become_main() {
  cd "$st_begin_in" || exit 126
  unset OLDPWD
  export SSH_TASKS_ID="$TASK_ID"
  set -- /bin/sh -c "$1" ssh-tasks "$2" "$FOLDER"
  for st_bin in /usr/local/bin /bin /usr/bin; do
    [ ! -x "$st_bin/setsid" ] || exec "$st_bin/setsid" "$@"
  done
  exec "$@"
}

# Ends with the task. The deadline's script is a child of this shell, as it replaces what has slept.
# KILL, as what was just forked still has the traps of its shell, and forgets with them what it was sent.
st_await_deadline() {
  trap 'kill -KILL $!; exit' TERM
  sleep "$1" &
  wait $! && trap - TERM && exec /bin/sh -c "$2" ssh-tasks "$TASK_ID"
}

# Notes what is left, for a cancel that comes when the parents they are known by have gone, and waits for the last.
st_await_rest() {
  # shellcheck disable=SC2034 # for members.sh
  PROC=/proc MEMBERS='' FOREIGN=''
  st_recall
  ! st_members || [ -e "$FOLDER/left" ] || echo "$MEMBERS" >"$FOLDER/left"
  # shellcheck disable=SC2094 # nothing is written
  exec 5<>"$FOLDER/tree" 4<"$FOLDER/tree" 5>&-
  read -r _ <&4
  printf '' >"$FOLDER/reaped"
}

# What it is to be in must not keep a file system busy for longer than the task does.
! (cd "$st_begin_in") || cd /
st_timer=''
if [ "$3" -gt 0 ]; then
  trap - TERM # for the same reason
  st_await_deadline "$3" "$6" 9>&- &
  st_timer=$!
  trap : TERM
fi
st_err=err
[ "$4" != 1 ] || st_err=out
(st_become_main "$5" "$7") >>"$FOLDER/out" 6>>"$FOLDER/$st_err" 9>&-
st_code=$?
PATH=${PATH:+$PATH:}/usr/bin:/bin NONCE=supervisor.$$
# The ladder goes on, once it has begun.
[ -z "$st_timer" ] || [ -e "$FOLDER/timeout" ] || kill "$st_timer"
# Known to be so before anybody hears of the end.
st_rest=yes
st_is_held || { st_rest=no && printf '' >"$FOLDER/reaped"; }
st_end='exit'
[ ! -e "$FOLDER/ending" ] || st_end=ended
mv "$FOLDER/run" "$FOLDER/$st_end.$st_code"
exec 9>&-
[ $st_rest = no ] || st_await_rest
[ ! -e "$FOLDER/heard" ] || st_remove_folder
