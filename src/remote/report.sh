# Says what a climb has left. Defines functions only; needs folder.sh, members.sh and ladder.sh.
#
# st_report_rest calls `st_report WORD...` for
#   FOREIGN NAME...             members that may have started something through another daemon
#   LEFT PID USER COMMAND       each that could not be ended
#   ORPHAN PID USER COMMAND     each that may be the task's where nobody got its orphans: then VERDICT is `orphans`
st_report_rest() {
  st_report_foreign
  case $VERDICT in
    gone) [ "$st_reaped" = yes ] || st_report_orphans ;;
    left | held) st_report_left ;;
  esac
}

st_report_foreign() {
  # shellcheck disable=SC2086 # names
  set -- $FOREIGN
  [ $# -eq 0 ] || st_report FOREIGN "$*"
}

st_report_left() {
  for st_pid in $PIDS; do
    st_describe "$st_pid"
    st_report LEFT "$st_pid" "${st_owner:-?}" "$st_line"
  done
}

# Of our own user, in no container, and of no other task.
st_report_orphans() {
  st_user=$(id -un)
  for st_pid in $ORPHANS; do
    st_describe "$st_pid"
    # The reaper of another task, by the name that it has given itself.
    case $st_line in "ssh-tasks $TASK_ID "*) ;; "ssh-tasks "*) continue ;; esac
    # By its id too: some cut names.
    # shellcheck disable=SC3067 # every sh we meet has it
    [ -O "$PROC/$st_pid" ] || [ "$st_owner" = "$st_user" ] || continue
    if st_shares_files "$st_pid" && ! st_is_of_a_task "$st_pid"; then
      VERDICT=orphans
      st_report ORPHAN "$st_pid" "$st_user" "$st_line"
    fi
  done
}

# Whether a process sees the same files as we do: their namespaces (namespaces(7)).
st_shares_files() {
  # shellcheck disable=SC3013 # every sh we meet has it
  [ ! -e "$PROC/$$/ns/mnt" ] || [ "$PROC/$$/ns/mnt" -ef "$PROC/$1/ns/mnt" ]
}

# Sets st_parent, st_age in seconds, st_owner and st_line, the command, of a process; "" what can't be known.
st_describe() {
  st_parent='' st_age=''
  if [ -r "$PROC/$$/stat" ]; then
    # shellcheck disable=SC2012 # the name is a number
    st_owner=$(stat -c %U "$PROC/$1" 2>/dev/null || ls -ld "$PROC/$1" | awk '{ print $3 }')
    st_line=$(tr '\0\n\r' '   ' 2>/dev/null <"$PROC/$1/cmdline" | cut -c 1-200)
    st_stat=$(tr '\n' ' ' <"$PROC/$1/stat")
    # shellcheck disable=SC2086 # fields, see proc(5)
    set -- ${st_stat##*) }
    [ $# -lt 20 ] || st_parent=$2 st_age=$((($(st_now) - ${20}) / 100))
  else
    st_owner=$(ps -o user= -p "$1" 2>/dev/null)
    st_line=$(ps -o command= -p "$1" 2>/dev/null | cut -c 1-200)
    st_parent=$(ps -o ppid= -p "$1" 2>/dev/null | tr -d ' ')
    st_age=$(ps -o etime= -p "$1" 2>/dev/null | awk -F '[-:]' '{ for (i = 1; i <= NF; i++) s = s * (i == 2 && /-/ ? 24 : 60) + $i; print s }')
  fi
}

# Whether a process carries the mark of any task.
st_is_of_a_task() {
  if [ -r "$PROC/$$/stat" ]; then
    grep -qszF SSH_TASKS_ID= "$PROC/$1/environ"
  else
    ps -E -ww -o command= -p "$1" 2>/dev/null | grep -qF -e " SSH_TASKS_ID="
  fi
}
