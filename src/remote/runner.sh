# Starts the main process of a task in a session of its own and waits for it.
# $1 leader.sh, $2 the command, $3 the folder, $4 the task's id, $5 the nonce, $6 "reaper" where it gets the orphans.
# Descriptor 6 is the task's standard error. On descriptor 5 it says, at the end: the exit code, then `?`, or as the reaper
# the pids of the children it has now: what the main process left behind.
trap : HUP INT TERM PIPE
# A session of its own where the host has a way to make one: on dropbear all commands of a connection share a process
# group, and a signal to the group would hit its siblings.
st_become_main() {
  export SSH_TASKS_ID="$4" SSH_TASKS_NONCE="$5"
  set -- /bin/sh -c "$1" ssh-tasks "$2" "$3"
  for st_bin in /usr/bin /bin /usr/local/bin; do
    [ -x "$st_bin/setsid" ] && exec "$st_bin/setsid" "$@"
    [ -x "$st_bin/perl" ] && exec "$st_bin/perl" -e 'require POSIX; POSIX::setsid(); exec @ARGV' "$@"
  done
  exec "$@"
}
if [ -n "$3" ]; then
  (st_become_main "$@") 2>&6 5>&- 6>&- 8<>"$3/tree"
else
  (st_become_main "$@") 2>&6 5>&- 6>&-
fi
st_code=$?
st_children='?'
[ "$6" != reaper ] || read -r st_children 2>/dev/null <"/proc/$$/task/$$/children"
echo "$st_code $st_children" >&5
