# Starts the main process of a task in a session of its own and waits for it, where reaper.pl can't.
# $1 leader.sh, $2 the command, $3 the folder, $4 the task's id, $5 the nonce.
# Descriptor 6 is the task's standard error. On descriptor 5 it says how the main process ended: the exit code, and `?`, as
# it can't know whether other processes are still there.
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
(st_become_main "$@")
echo "$? ?" >&5
