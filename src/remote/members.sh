# Which processes belong to a task. Defines functions only.
#
# st_members sets MEMBERS ("pid:start ...", start in clock ticks since boot) and PIDS ("pid ..."), and is true when
# there is one. Zombies are not members: where nobody reaps them they stay for ever. It reads
#   TASK_ID       the value of SSH_TASKS_ID in the environment of the task's processes
#   LEADER        "pid:start" of its main process, empty when not known
#   SUPERVISOR    pid of the shell that waits for the main process, empty when not known
#   KNOWN         members seen by earlier calls; the same pid with the same start time is the same process
#   PROC          the proc file system
# A process is a member when it carries the marker, is the main process, is known, lives in a session of the task, or
# descends from a member. A session is the task's when its leader is the main process, or when a marked process lives
# in it and its leader is marked or gone: so a reused pid never brings in somebody else's processes.
st_members() {
  # The entries of an environment end in NUL, which is the end of everything to busybox's grep without -z.
  # shellcheck disable=SC2046 # a list of numbers, put on one line: some awks take no newline in a -v
  set -- $(grep -lszxF "SSH_TASKS_ID=$TASK_ID" "$PROC"/[0-9]*/environ | sed 's,/environ$,,; s,.*/,,')
  MEMBERS=$(
    # shellcheck disable=SC2002 # one cat opens thousands of files that may vanish meanwhile; awk would stop at the first
    cat "$PROC"/[0-9]*/stat 2>/dev/null | awk -v self=$$ -v marked="$*" -v leader="$LEADER" -v known="$KNOWN" -v supervisor="$SUPERVISOR" '
      BEGIN {
        n = split(marked, list, " "); for (i = 1; i <= n; i++) is_marked[list[i]] = 1
        n = split(known " " leader, list, " "); for (i = 1; i <= n; i++) is_known[list[i]] = 1
      }
      # The name in parentheses may hold spaces and parentheses: fields count from the last ") " (proc(5)).
      match($0, /.*\) /) {
        split(substr($0, RLENGTH + 1), field, " ")
        if (field[1] == "Z" || field[1] == "X") next
        parent[$1] = field[2]; session[$1] = field[4]; start[$1] = field[20]
      }
      END {
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
        for (p in member) if (p != self && p != supervisor) printf "%s:%s ", p, start[p]
      }'
  )
  KNOWN="$KNOWN $MEMBERS"
  PIDS=
  for st_member in $MEMBERS; do PIDS="$PIDS ${st_member%%:*}"; done
  [ -n "$PIDS" ]
}

# Whether processes can be seen at all.
st_can_scan() { [ -r "$PROC/$$/stat" ] && [ -r "$PROC/uptime" ]; }
