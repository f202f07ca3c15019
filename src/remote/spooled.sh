# Starts one durable task and follows it, over a channel of its own, where there is no perl for durable.pl. Needs folder.sh,
# ladder.sh and follow.sh.
#
# st_spooled NONCE TASK_ID OUT ERR [SECONDS MERGE LEADER_SCRIPT SUPERVISOR_SCRIPT DEADLINE_SCRIPT COMMAND]
# Starts the task, where it is given and has not been started before, then says what it prints from these offsets on.
# Both streams begin with NONCE BEGIN, on standard output with what leader.sh said of the main process, if it did, and end
# with NONCE END and the words that durable.pl says behind `end ID`. What is between them is the task's own.
# At end of file on standard input it ends, and the task does not.
st_spooled() {
  set +e +u +f +C
  unset IFS
  NONCE=$1 TASK_ID=$2 st_out_at=$3 st_err_at=$4
  shift 4
  trap : HUP INT TERM PIPE
  exec 7<&0 </dev/null 6>&2 2>/dev/null
  st_path=${PATH-unset}
  PATH=${PATH:+$PATH:}/usr/bin:/bin
  if [ $# -gt 0 ]; then
    st_started=yes st_mask=$(umask)
    umask 077
    if ! st_make_folder; then
      st_say_end nofolder
      return
    fi
    umask "$st_mask"
    [ $st_started = yes ] || (st_start "$@")
    exec 9>&-
  else
    st_find_folder
  fi
  st_follow
}

# See folder.sh. `run` is made once, and who makes it starts the task: it becomes `exit.CODE` at its end, so it is looked
# for too. Written to, as a disk may be full. It comes last: who finds it follows, and takes a life token that nobody holds
# for the end.
st_fill_folder() {
  mkfifo "$FOLDER/life"
  [ -p "$FOLDER/life" ] && [ -w "$FOLDER/life" ] || return
  exec 9<>"$FOLDER/life"
  printf '' >>"$FOLDER/out"
  printf '' >>"$FOLDER/err"
  set -C
  { printf '' >"$FOLDER/run"; } 2>/dev/null
  st_made=$?
  set +C
  if [ $st_made -ne 0 ]; then
    [ -e "$FOLDER/run" ] || [ -n "$(st_code)" ] || return 1
  elif [ -n "$(st_code)" ]; then
    rm -f "$FOLDER/run"
  else
    echo "$TASK_ID" >>"$FOLDER/run"
    if [ ! -s "$FOLDER/run" ] || [ ! -e "$FOLDER/err" ]; then
      rm -f "$FOLDER/run"
      return 1
    fi
    st_started=no
  fi
}

# st_start SECONDS MERGE LEADER_SCRIPT SUPERVISOR_SCRIPT DEADLINE_SCRIPT COMMAND
# What a shell runs in the background ignores INT and QUIT, and so would the command. What is part of a pipeline does not,
# and is left to itself by a shell that is killed.
st_start() {
  set -- /bin/sh -c "$4" ssh-tasks "$FOLDER" "$TASK_ID" "$1" "$2" "$3" "$5" "$6"
  for st_bin in /usr/local/bin /bin /usr/bin; do
    if [ -x "$st_bin/setsid" ]; then
      set -- "$st_bin/setsid" "$@"
      break
    fi
  done
  case $st_path in unset) unset PATH ;; *) PATH=$st_path ;; esac
  # Said again, as some shells pass on only what they are told to.
  # shellcheck disable=SC2016 # for the other shell
  exec /bin/sh -c '"$@" | kill -KILL $$' ssh-tasks "$@" </dev/null >/dev/null 6>&- 7<&- 9<&9
}
