# Becomes the main process of a task: passes the gate of its folder, says who it is, then turns into the user's shell
# with the command, as sshd would. $1 is the command, $2 the folder, "" when there is none, $3 `reaper` when what waits for
# it gets its orphans, $4 how many open files the command is allowed, "" as many as this. Descriptor 6 is the task's standard
# error; descriptor 5 it closes last. Where there is a SSH_TASKS_NONCE, both streams begin with a line of it. SSH_TASKS_ID
# stays in the environment as the marker of the task's processes.
# shellcheck disable=SC3045 # every sh we meet has -S
[ -z "$4" ] || ulimit -S -n "$4"
exec 2>&6 6>&-
st_command=$1 st_folder=$2 st_reaper=${3:--}
if [ -n "$st_folder" ]; then
  set -C
  if ! { printf '' >"$st_folder/gate"; } 2>/dev/null; then
    if [ -e "$st_folder/gate" ]; then : >"$st_folder/never"; else echo "can't write to $st_folder" >&2; fi
    exit 143
  fi
  set +C
fi
read -r st_boot_id 2>/dev/null <"/proc/sys/kernel/random/boot_id"
if read -r st_stat 2>/dev/null <"/proc/$$/stat"; then
  # Start time is field 22; the fields after the name, which may hold anything, begin with the third (proc(5)).
  # shellcheck disable=SC2086 # fields
  set -- ${st_stat##*) }
  st_start=${20}
else
  # shellcheck disable=SC2046 # words
  set -- $(LC_ALL=C ps -o lstart= -p $$ 2>/dev/null)
  st_start=$(IFS=_; echo "$*")
fi
st_words="$$ ${st_start:-0} ${st_boot_id:-none} $PPID $st_reaper"
[ -z "$st_folder" ] || echo "$st_words" 2>/dev/null >"$st_folder/main"
if [ -n "$SSH_TASKS_NONCE" ]; then
  printf '\n%s BEGIN %s\n' "$SSH_TASKS_NONCE" "$st_words"
  printf '\n%s BEGIN\n' "$SSH_TASKS_NONCE" >&2
  unset SSH_TASKS_NONCE
fi
[ -x "$SHELL" ] || SHELL=/bin/sh
# Under sshd bash reads ~/.bashrc when it is a first shell: the login shell has done that, and what it prints is no output.
# One would do, but where this sh is bash its exec takes one off.
export SHLVL=2
[ -n "$st_folder" ] || exec "$SHELL" -c "$st_command" 5>&-
exec "$SHELL" -c "$st_command" 5>&- 8<>"$st_folder/tree"
