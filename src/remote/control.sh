# Answers for the tasks of a host over a channel of its own. Needs folder.sh, members.sh, ladder.sh, report.sh and sweep.sh.
#
# st_control NONCE [DAYS] sweeps what is older than DAYS, says NONCE READY, then reads a request a line:
#   cancel NONCE TASK_ID LEADER BOOT_ID SUPERVISOR REAPER GRACE    ends the task's processes
#   list NONCE TASK_ID LEADER BOOT_ID SUPERVISOR REAPER            names them, and touches nothing
#   remove NONCE TASK_ID...                                        forgets durable tasks that have ended
#   force NONCE                                                    ends the grace of a cancel that has begun
# LEADER to REAPER are what the main process said of itself (leader.sh); a word that is not known is `-`. Each line of an
# answer begins with its nonce:
#   BEGIN
#   EXITED CODE                               the main process had ended by itself
#   FOUND, SIGNAL, FOREIGN, LEFT, ORPHAN      of a cancel: see ladder.sh and report.sh
#   PROCESS PID PARENT AGE USER COMMAND       of a list, AGE in seconds
#   END VERDICT    see ladder.sh and report.sh; `never`: the command never runs; `rebooted`: what ran before is gone;
#                  `launching`: nothing is left, but a script on its way could not be kept from running; `listed`;
#                  `removed`
# Requests are answered side by side, but look at the processes of the host a few at a time: a look reads them all, and who
# asks for the end of a thousand tasks must not take the host from everybody else.
# A lost connection does not end a cancel.
st_control() {
  set +e +u +f
  unset IFS
  PATH=${PATH:+$PATH:}/usr/bin:/bin PROC=/proc
  trap '' PIPE HUP
  exec 2>/dev/null
  st_open_turns "$1"
  printf '\n%s READY\n' "$1"
  NONCE=$1 st_days=${2:-7}
  (st_sweep_folders) </dev/null >/dev/null &
  while read -r st_verb NONCE st_words; do
    case $st_verb in
      cancel | list)
        # shellcheck disable=SC2086 # words
        (st_answer "st_$st_verb" $st_words) </dev/null &
        eval "st_answer_$NONCE=\$!"
        ;;
      remove)
        # shellcheck disable=SC2086 # words
        (st_remove_all $st_words) </dev/null &
        ;;
      force) eval "kill -USR1 \"\${st_answer_$NONCE:-none}\"" ;;
    esac
  done
  # A look proves itself by the pid of this shell: it has to outlive the answers.
  wait
}

# Looks that are under way at a time, each three programs that read and compare.
st_max_looks=8

# Sets st_turns and opens descriptor 3, see members.sh. Where no pipe is to be had, nobody waits for a turn.
st_open_turns() {
  st_turns=''
  for st_place in "${TMPDIR:-/tmp}" /var/tmp /dev/shm "$HOME"; do
    st_pipe=$st_place/ssh-tasks-$1
    mkfifo -m 600 "$st_pipe" || continue
    if [ -r "$st_pipe" ] && [ -w "$st_pipe" ]; then
      exec 3<>"$st_pipe"
      st_turns=$st_max_looks
    fi
    rm -f "$st_pipe"
    break
  done
  st_looks=0
  while [ $st_looks -lt "${st_turns:-0}" ]; do
    echo >&3
    st_looks=$((st_looks + 1))
  done
}

# st_answer FUNCTION TASK_ID LEADER BOOT_ID SUPERVISOR REAPER [GRACE]
st_answer() {
  TASK_ID=$2 LEADER=${3#-} BOOT_ID=${4#-} SUPERVISOR=${5#-} REAPER=${6#-} GRACE=$7
  MEMBERS='' PIDS='' FOREIGN=''
  trap 'GRACE=0' USR1
  st_report BEGIN
  if st_find_folder; then
    st_recall
    read -r MEMBERS <"$FOLDER/left"
  fi
  if st_is_rebooted; then VERDICT=rebooted; else "$1"; fi
  # Of a durable task its output stays, until it is asked to go.
  case $VERDICT in gone | rebooted) [ -e "$FOLDER/out" ] || st_remove_folder ;; esac
  st_report END "$VERDICT"
}

st_is_rebooted() {
  case $BOOT_ID in '' | none) return 1 ;; esac
  read -r st_boot_id <"$PROC/sys/kernel/random/boot_id" && [ "$BOOT_ID" != "$st_boot_id" ]
}

# Where the main process was not seen, it may still be on its way to the gate, or its whole script may: shut for good, the
# gate keeps either from running, and stays.
st_cancel() {
  st_guarded=yes
  if [ -z "$LEADER" ]; then
    if ! st_make_folder; then
      st_guarded=no
    elif st_pass_gate || [ -e "$FOLDER/never" ]; then
      VERDICT=never
      return
    fi
  fi
  st_report_exit "$FOLDER"/exit.*
  st_climb
  st_report_rest
  [ "$VERDICT" != gone ] || [ $st_guarded = yes ] || VERDICT=launching
}

st_report_exit() { [ ! -e "$1" ] || st_report EXITED "${1##*.}"; }

st_list() {
  VERDICT=unscannable
  st_can_scan || return
  st_members
  [ "$LOOKED" = yes ] || return
  for st_pid in $PIDS; do
    st_describe "$st_pid"
    st_report PROCESS "$st_pid" "${st_parent:-0}" "${st_age:-0}" "${st_owner:-?}" "$st_line"
  done
  VERDICT=listed
}

st_remove_all() {
  SUPERVISOR=''
  for TASK_ID in "$@"; do
    st_find_folder || continue
    st_recall
    st_remove
  done
  st_report END removed
}

# While processes of it are left, its folder is needed to find them: what waits for them removes it.
st_remove() {
  if [ -e "$FOLDER/reaped" ] || ! { kill -0 "${SUPERVISOR:-none}" || st_is_held; }; then
    st_remove_folder
  else
    : >"$FOLDER/heard"
    [ ! -e "$FOLDER/reaped" ] || st_remove_folder
  fi
}

st_report() { printf '%s %s\n' "$NONCE" "$*"; }
