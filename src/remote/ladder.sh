# Ends every process of a task: TERM and CONT, grace, then STOP, look again, KILL until nothing is left.
# Defines functions only; needs folder.sh and members.sh.
#
# st_climb reads what st_members reads, and GRACE, the hundredths of a second between TERM and KILL; setting it to 0
# meanwhile ends the grace. It calls `st_report WORD...` for FOUND and SIGNAL, and sets st_reaped, whether every orphan of
# the task came to its reaper (yes or no), and VERDICT to
#   gone          two scans in a row saw nothing of the task, and nobody holds its FIFO
#   left          PIDS could not be ended
#   held          no process is seen, but one holds the FIFO
#   unscannable   processes can't be seen on this host
# shellcheck disable=SC2034 # they are for the caller
st_climb() {
  VERDICT=unscannable PIDS='' FOREIGN='' EMPTY_SCANS=0
  st_can_scan || return
  st_scan
  [ "$LOOKED" = yes ] || return
  st_reaped=no
  ! st_is_reaped || st_reaped=yes
  st_scan_until_gone
  st_report FOUND "$(st_count "$PIDS")" "$(st_leader_found)"
  if ! st_gone; then
    # An exit from now on is not the command's own.
    [ -z "$FOLDER" ] || : >"$FOLDER/ending"
    st_remember
    st_signal TERM
    st_signal CONT
    st_wait_for_grace
    st_gone || st_kill_until_gone
  fi
  if st_gone; then VERDICT=gone; elif [ "$LOOKED" = yes ]; then
    if [ -n "$PIDS" ]; then VERDICT=left; else VERDICT=held; fi
    st_remember
  fi
}

# A look that failed is no empty one. Three stands for what only st_gone can tell: that the FIFO was asked too.
st_scan() {
  [ -n "$LEADER" ] || st_recall
  if st_members || [ "$LOOKED" = no ]; then
    EMPTY_SCANS=0
  elif [ "$EMPTY_SCANS" -lt 2 ]; then
    EMPTY_SCANS=$((EMPTY_SCANS + 1))
  fi
}

# A scan is not atomic, so one empty scan proves nothing, and two may miss who forks all the time: the FIFO does not.
st_gone() {
  [ "$EMPTY_SCANS" -ge 2 ] || return 1
  [ "$EMPTY_SCANS" -ge 3 ] && return
  if st_is_held; then
    EMPTY_SCANS=1
    return 1
  fi
  EMPTY_SCANS=3
}

# Scans again while scans are empty, to the second one.
st_scan_until_gone() {
  [ "$EMPTY_SCANS" -ne 1 ] || st_scan
}

st_wait_for_grace() {
  st_began=$(st_now) st_polls=0
  while ! st_gone && [ $(($(st_now) - st_began)) -lt "$GRACE" ]; do
    if [ $st_polls -lt 7 ]; then st_sleep 0.02; elif [ $st_polls -lt 20 ]; then st_sleep 0.05; else st_sleep 0.2; fi
    st_polls=$((st_polls + 1))
    st_scan
    st_scan_until_gone
  done
}

# Frozen first, so that nothing forks between the look and the KILL, and who holds the FIFO before the look even: it takes
# longer than some live. What is left after 3 s can't be ended by us: that is said while somebody still waits for it.
st_kill_until_gone() {
  st_began=$(st_now)
  while ! st_gone && [ $(($(st_now) - st_began)) -lt 300 ]; do
    st_signal STOP
    st_freeze_holders
    st_before=$PIDS
    st_scan
    [ "$PIDS" = "$st_before" ] || st_signal STOP
    st_signal KILL
    st_sleep 0.01
    st_scan
    st_scan_until_gone
  done
}

# What it freezes the next scan finds.
st_freeze_holders() {
  [ -n "$FOLDER" ] || return
  for st_descriptor in "$PROC"/[0-9]*/fd/8; do
    # shellcheck disable=SC3013 # every sh we meet has it
    [ "$st_descriptor" -ef "$FOLDER/tree" ] || continue
    st_pid=${st_descriptor#"$PROC"/}
    kill -STOP "${st_pid%%/*}" 2>/dev/null
  done
}

# Counts all but those that are there and may not be signalled.
st_signal() {
  st_sent=0
  for st_pid in $PIDS; do
    if kill "-$1" "$st_pid" 2>/dev/null || ! st_is_process "$st_pid"; then st_sent=$((st_sent + 1)); fi
  done
  [ $st_sent -eq 0 ] || st_report SIGNAL "$1" "$st_sent"
}

st_is_process() {
  if [ -r "$PROC/$$/stat" ]; then [ -d "$PROC/$1" ]; else ps -p "$1" >/dev/null 2>&1; fi
}

# For the next attempt: what can't be signalled may be known by parents that are ended now.
st_remember() {
  [ -z "$FOLDER" ] || [ -z "$PIDS" ] || echo "$MEMBERS" >"$FOLDER/left"
}

# Whether every orphan of the task comes to the reaper, which is there for as long as any of it is. Without the folder
# somebody has seen the end of all.
st_is_reaped() {
  [ "$REAPER" = reaper ] && { [ ! -d "$FOLDER" ] || [ -e "$FOLDER/reaped" ] || kill -0 "$SUPERVISOR"; }
}

st_leader_found() {
  case " $MEMBERS " in *" ${LEADER:-none} "*) echo 1 ;; *) echo 0 ;; esac
}

st_count() {
  # shellcheck disable=SC2086 # a list of numbers
  set -- $1
  echo $#
}

# Hundredths of a second, counted from any moment: since boot where there is proc_uptime(5).
st_now() {
  if read -r st_uptime _ 2>/dev/null <"$PROC/uptime"; then
    echo "${st_uptime%.*}${st_uptime#*.}"
  else
    echo "$(date +%s)00"
  fi
}

# Where sleep takes whole seconds only, the shortest is one.
st_sleep() { sleep "$1" 2>/dev/null || sleep 1; }
