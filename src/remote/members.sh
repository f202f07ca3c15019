# Which processes belong to a task. Defines functions only.
#
# st_members sets MEMBERS ("pid:start ...", start in clock ticks since boot) and PIDS ("pid ..."), and is true when
# there is one. When it could not look it says so in LOOKED (yes or no) and leaves the other two as they were: to have
# seen nothing is no proof then. Zombies are not members: where nobody reaps them they stay for ever. It reads
#   TASK_ID       the value of SSH_TASKS_ID in the environment of the task's processes
#   LEADER        "pid:start" of its main process, empty when not known
#   SUPERVISOR    pid of the shell that waits for the main process, empty when not known
#   MEMBERS       of the call before; the same pid with the same start time is the same process
#   PROC          the proc file system
# A process is a member when it carries the marker, is the main process, was one before, lives in a session of the task,
# or descends from a member. A session is the task's when its leader is the main process, or when a marked process lives
# in it and its leader is marked or gone: so a reused pid never brings in somebody else's processes.
st_members() {
  # The entries of an environment end in NUL, which is the end of everything to busybox's grep without -z.
  # shellcheck disable=SC2046 # a list of numbers
  set -- $(grep -lszxF "SSH_TASKS_ID=$TASK_ID" "$PROC"/[0-9]*/environ | sed 's,/environ$,,; s,.*/,,')
  # Lists go in over a pipe: an argument that is too long would fail the whole look (MAX_ARG_STRLEN, execve(2)).
  st_seen=$(
    {
      printf 'marked %s\n' "$@"
      # shellcheck disable=SC2086 # lists
      printf 'known %s\n' $MEMBERS $LEADER
      echo stat
      # One cat opens thousands of files that may vanish meanwhile; awk would stop at the first.
      cat "$PROC"/[0-9]*/stat 2>/dev/null
    } | awk -v self=$$ -v leader="$LEADER" -v supervisor="$SUPERVISOR" '
      $0 == "stat" && !stats { stats = 1; next }
      !stats && $1 == "marked" { is_marked[$2] = 1 }
      !stats && $1 == "known" { is_known[$2] = 1 }
      !stats { next }
      # The name in parentheses may hold anything, a newline too: fields count from the last ") " (proc(5)).
      /^[0-9]+ \(/ { line = "" }
      {
        line = line $0
        if (!match(line, /.*\) [A-Za-z] /)) next
        pid = line; sub(/ .*/, "", pid)
        split(substr(line, RLENGTH - 1), field, " ")
        line = ""
        if (field[1] == "Z" || field[1] == "X") next
        parent[pid] = field[2]; session[pid] = field[4]; start[pid] = field[20]
      }
      END {
        if (!(self in parent)) exit
        printf "looked"
        for (p in parent) {
          s = session[p]
          if ((p ":" start[p]) == leader && s == p) ours[s] = 1
          if ((p in is_marked) && (!(s in parent) || (s in is_marked))) ours[s] = 1
        }
        for (p in parent) {
          launched = supervisor != "" && parent[p] == supervisor && session[p] != session[supervisor]
          if ((p in is_marked) || ((p ":" start[p]) in is_known) || (session[p] in ours) || launched) member[p] = 1
        }
        do { grew = 0; for (p in parent) if (!(p in member) && (parent[p] in member)) { member[p] = 1; grew = 1 } } while (grew)
        for (p in member) if (p != self && p != supervisor) printf " %s:%s", p, start[p]
      }'
  )
  case $st_seen in looked*) LOOKED=yes ;; *) LOOKED=no; return 1 ;; esac
  MEMBERS=${st_seen#looked}
  PIDS=
  for st_member in $MEMBERS; do PIDS="$PIDS ${st_member%%:*}"; done
  [ -n "$PIDS" ]
}

# Whether processes can be seen at all: there is a /proc, and a grep that finds a marker in an environment.
st_can_scan() {
  [ -r "$PROC/$$/stat" ] && [ -r "$PROC/uptime" ] && printf 'a=1\0b=2\0' | grep -qszxF b=2
}
