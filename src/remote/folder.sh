# The folder of a task on its host. Defines functions only; all read TASK_ID and FOLDER, which is "" when there is none.
#
# It holds a FIFO `tree`, which every process of the task has open as descriptor 8 unless it closes what it inherits: the
# kernel says whether anybody still does. And `gate`, which can be made once: by the main process just before it becomes
# the command, or by a cancel that came first, and then the command never runs, and `never` says so. Beside them, each when
# there is something to say: `main` what the main process said of itself, `exit.CODE` its exit code, if no cancel had begun
# by then (`ending`), `left` the members that it or a cancel left behind, `heard` that its end was heard of, `reaped` that
# all have ended. What else a durable task has there: see supervise.pl.

# "" where there is no home: /var/tmp and the others are left.
st_home_place=${XDG_STATE_HOME:-${HOME:+$HOME/.local/state}}
st_home_place=${st_home_place:+$st_home_place/ssh-tasks}

# Sets FOLDER to the folder that there is. False when there is none.
st_find_folder() {
  for FOLDER in "${st_home_place:-/nonexistent}/$TASK_ID" /var/tmp/ssh-tasks-*/"$TASK_ID" \
    "${TMPDIR:-/tmp}"/ssh-tasks-*/"$TASK_ID" /dev/shm/ssh-tasks-*/"$TASK_ID"; do
    if [ -d "$FOLDER" ] && st_is_ours "${FOLDER%/*}"; then
      st_await_tree && return
    fi
  done
  FOLDER=''
  return 1
}

# Sets FOLDER to the folder, made in the first place to be had where it is not there yet. False when there is no place.
st_make_folder() {
  if st_find_folder; then
    st_fill_folder
    return
  fi
  [ -n "$st_home_place" ] && st_make_in "$st_home_place" && return
  st_user=$(id -u)
  for st_shared in /var/tmp "${TMPDIR:-/tmp}" /dev/shm; do
    st_make_in "$st_shared/ssh-tasks-$st_user" && return
  done
  return 1
}

# Sets LEADER, SUPERVISOR, BOOT_ID and REAPER as the main process said them in `main`. False when it has not.
st_recall() {
  { read -r st_pid st_start st_rest <"$FOLDER/main"; } 2>/dev/null || return
  LEADER=$st_pid:$st_start
  # shellcheck disable=SC2086 # words
  set -- $st_rest
  BOOT_ID=$1 SUPERVISOR=$2 REAPER=$3
}

# False when somebody has passed before, or the folder is gone. No data is written, so that a full disk shuts no gate.
st_pass_gate() {
  set -C
  { printf '' >"$FOLDER/gate"; } 2>/dev/null
  st_passed=$?
  set +C
  return $st_passed
}

# Whether any process still has the FIFO open: a reader gets the end of file once nobody can write to it any more.
st_is_held() {
  [ -p "$FOLDER/tree" ] || return 1
  st_free=$FOLDER/free.$NONCE
  # For both first, as opening it for reading alone would wait for a writer.
  # shellcheck disable=SC2094 # nothing is written
  exec 5<>"$FOLDER/tree" 4<"$FOLDER/tree" 5>&-
  { read -r _ <&4; : >"$st_free"; } 2>/dev/null &
  st_reader=$!
  exec 4<&-
  st_looks=0
  while [ ! -e "$st_free" ] && [ $st_looks -lt 6 ]; do
    st_sleep 0.005
    st_looks=$((st_looks + 1))
  done
  if [ -e "$st_free" ]; then
    rm -f "$st_free"
    return 1
  fi
  kill $st_reader 2>/dev/null
}

# Renamed first: while it is taken apart, its gate must not open again.
st_remove_folder() {
  if [ -n "$FOLDER" ] && mv "$FOLDER" "$FOLDER.$NONCE" 2>/dev/null; then rm -rf "$FOLDER.$NONCE"; fi
  FOLDER=''
}

# Where another script has just made it, that one is the folder: two would have two gates.
st_make_in() {
  if [ ! -d "$1" ]; then mkdir -p "$1" && chmod 700 "$1"; fi 2>/dev/null
  st_is_ours "$1" || return
  if ! mkdir -m 700 "$1/$TASK_ID" 2>/dev/null; then
    st_find_folder && st_fill_folder
    return
  fi
  FOLDER=$1/$TASK_ID
  mkfifo "$FOLDER/tree" 2>/dev/null && st_fill_folder && return
  st_remove_folder
  return 1
}

# What else who makes a folder has to have in it; false when that can't be had.
# shellcheck disable=SC2317 # spooled.sh has its own
st_fill_folder() { :; }

# It comes right after the folder, or the folder goes again.
st_await_tree() {
  st_looks=0
  while [ ! -p "$FOLDER/tree" ] && [ -d "$FOLDER" ] && [ $st_looks -lt 20 ]; do
    st_sleep 0.01
    st_looks=$((st_looks + 1))
  done
  [ -d "$FOLDER" ]
}

# Where everybody may write, somebody else may have made it.
st_is_ours() {
  [ -d "$1" ] && [ ! -h "$1" ] && [ -O "$1" ]
}
