# Runs a task attached to its channel. Needs members.sh and ladder.sh.
#
# st_attached NONCE TASK_ID LEADER_SCRIPT COMMAND
# Both streams begin with a line NONCE BEGIN (see leader.sh), so that what the user's rc files print is told apart, and
# end with NONCE END CODE once the main process has ended: whatever comes after that is from processes it left behind.
# End of file on standard input means that nobody is there any more: then the task is ended here.
st_attached() {
  set +e +u +f
  unset IFS
  NONCE=$1 TASK_ID=$2
  trap : HUP INT TERM PIPE
  exec 7<&0 </dev/null 6>&2 2>/dev/null
  { while read -r _; do :; done; st_end_unattended; } <&7 >/dev/null 6>&- &
  st_watch=$!
  (st_launch "$3" "$4")
  st_code=$?
  # Not heeded once it has begun to end the task.
  kill $st_watch 2>/dev/null
  printf '\n%s END %s\n' "$NONCE" "$st_code"
  printf '\n%s END %s\n' "$NONCE" "$st_code" >&6
}

# The main process in a session of its own where the host has a way to make one: on dropbear all commands of a
# connection share a process group, and a signal to the group would hit its siblings.
st_launch() {
  export SSH_TASKS_ID="$TASK_ID" SSH_TASKS_NONCE="$NONCE"
  exec 2>&6 6>&- 7<&-
  for st_bin in /usr/bin /bin /usr/local/bin; do
    [ -x "$st_bin/setsid" ] && exec "$st_bin/setsid" /bin/sh -c "$1" ssh-tasks "$2"
    [ -x "$st_bin/perl" ] && exec "$st_bin/perl" -e 'require POSIX; POSIX::setsid(); exec @ARGV' /bin/sh -c "$1" ssh-tasks "$2"
  done
  exec /bin/sh -c "$1" ssh-tasks "$2"
}

st_end_unattended() {
  trap '' HUP INT TERM PIPE
  PATH=${PATH:+$PATH:}/usr/bin:/bin PROC=/proc
  LEADER='' SUPERVISOR=$$ GRACE=500
  st_climb
}

st_report() { :; }
