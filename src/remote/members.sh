# Which processes belong to a task. Defines functions only.
#
# st_members sets MEMBERS ("pid:start ...", start in clock ticks since boot) and PIDS ("pid ..."), and is true when
# there is one. It sets ORPHANS, the pids of others that have started since the main process and have lost their parent:
# they may be anybody's. To FOREIGN it adds the names of members that may have started something through another daemon.
# When it could not look it says so in LOOKED (yes or no) and leaves the others as they were: to have seen nothing is no proof then.
# Zombies are not members: where nobody reaps them they stay for ever. It reads
#   TASK_ID       the value of SSH_TASKS_ID in the environment of the task's processes
#   FOLDER        the task's folder, whose FIFO they have open as descriptor 8; "" when there is none
#   LEADER        "pid:start" of its main process, "" when not known
#   SUPERVISOR    pid of what waits for the main process, "" when not known
#   MEMBERS       of the call before; the same pid with the same start time is the same process
#   PROC          the proc file system; without one, ps has to do
#   st_turns      where it is not empty, descriptor 3 is a pipe with a line for each look that may be under way at a time
# A process is a member when it carries a mark (environment, descriptor), is the main process, was one before, lives in a
# session of the task, descends from the supervisor in another session than its own, or descends from a member. A session
# is the task's when its leader is the main process, or when a marked process lives in it and its leader is marked or
# gone: so a reused pid never brings in somebody else's processes. Nor does that of the supervisor, which is older than
# the main process.
st_members() {
  st_take_turn
  # Lists go in over a pipe: an argument that is too long would fail the whole look (MAX_ARG_STRLEN, execve(2)).
  st_seen=$(
    {
      # shellcheck disable=SC2086 # lists
      printf '%s\n' $MEMBERS $LEADER
      echo marked
      st_marked
      echo stat
      st_stats
    } | awk -v self=$$ -v leader="$LEADER" -v supervisor="$SUPERVISOR" '
      # A start as a number: in ticks, or from ps as "Tue_Nov_24_12:05:34_2026".
      function moment(text, part) {
        if (split(text, part, "[_:]") < 7) return text + 0
        return sprintf("%s%02d%02d%s%s%s", part[7], index("JanFebMarAprMayJunJulAugSepOctNovDec", part[2]), part[3], part[4], part[5], part[6]) + 0
      }
      BEGIN {
        split("docker podman sudo doas su systemd-run tmux screen at batch ssh", list, " ")
        for (i in list) is_foreign[list[i]] = 1
      }
      !marked && $0 == "marked" { marked = 1; next }
      !marked { is_known[$0] = 1; next }
      !stats && $0 == "stat" { stats = 1; next }
      !stats { sub(/\/environ$/, ""); sub(/\/fd\/8 -> .*/, ""); sub(/.*\//, ""); is_marked[$0] = 1; next }
      # The name in parentheses may hold anything, a newline too: fields count from the last ") " (proc(5)).
      /^[0-9]+ \(/ { line = "" }
      {
        line = line $0
        if (!match(line, /.*\) [A-Za-z] /)) next
        pid = line; sub(/ .*/, "", pid)
        comm = substr(line, length(pid) + 3, RLENGTH - length(pid) - 6)
        split(substr(line, RLENGTH - 1), field, " ")
        line = ""
        if (field[1] == "Z" || field[1] == "X") next
        parent[pid] = field[2]; session[pid] = field[4]; start[pid] = field[20]; name[pid] = comm
      }
      END {
        if (!(self in parent)) exit
        printf "looked"
        # A pid that was reused since has started after the main process.
        began = moment(substr(leader, index(leader, ":") + 1))
        if (!(supervisor in parent) || (leader != "" && moment(start[supervisor]) > began)) supervisor = ""
        if (supervisor != "") {
          under[supervisor] = 1
          do { grew = 0; for (p in parent) if (!(p in under) && (parent[p] in under)) { under[p] = 1; grew = 1 } } while (grew)
        }
        for (p in parent) {
          s = session[p]
          if ((p ":" start[p]) == leader && s == p) ours[s] = 1
          if ((p in is_marked) && (!(s in parent) || (s in is_marked))) ours[s] = 1
        }
        for (p in parent) {
          launched = (p in under) && session[p] != session[supervisor]
          if ((p in is_marked) || ((p ":" start[p]) in is_known) || (session[p] in ours) || launched) member[p] = 1
        }
        do { grew = 0; for (p in parent) if (!(p in member) && (parent[p] in member)) { member[p] = 1; grew = 1 } } while (grew)
        for (p in member) if (p != self && p != supervisor) {
          printf " %s:%s", p, start[p]
          # "tmux: server", "SCREEN"
          split(tolower(name[p]), word, /[: ]/)
          if (word[1] in is_foreign) foreign[word[1]] = 1
        }
        printf "\nforeign"
        for (f in foreign) printf " %s", f
        printf "\norphans"
        if (leader != "") for (p in parent)
          if (parent[p] == 1 && !(p in member) && p != self && p != supervisor && moment(start[p]) >= began) printf " %s", p
      }'
  )
  st_pass_turn
  case $st_seen in looked*) LOOKED=yes ;; *) LOOKED=no; return 1 ;; esac
  MEMBERS=${st_seen%%
*}
  MEMBERS=${MEMBERS#looked}
  ORPHANS=${st_seen##*
orphans}
  st_seen=${st_seen%
*}
  FOREIGN="$FOREIGN ${st_seen##*
foreign}"
  PIDS=
  for st_member in $MEMBERS; do PIDS="$PIDS ${st_member%%:*}"; done
  [ -n "$PIDS" ]
}

# A signal may interrupt the first wait.
st_take_turn() {
  st_turn=none
  [ -z "$st_turns" ] || { ! read -r _ <&3 && ! read -r _ <&3; } || st_turn=taken
}

st_pass_turn() { [ "$st_turn" = none ] || echo >&3; }

# A line for each mark of a process: its pid, or a file of it in PROC. None is `stat`, whatever names a process chooses.
st_marked() {
  if [ -r "$PROC/$$/stat" ]; then
    # The entries of an environment end in NUL, which is the end of everything to busybox's grep without -z.
    grep -lszxF "SSH_TASKS_ID=$TASK_ID" "$PROC"/[0-9]*/environ
    # shellcheck disable=SC2010 # names are numbers
    [ -z "$FOLDER" ] || ls -l "$PROC"/[0-9]*/fd/8 2>/dev/null | grep -F -e "/fd/8 -> $FOLDER/tree"
  else
    # BSD's ps shows the environment of one's own processes behind their command.
    # shellcheck disable=SC2009 # pgrep does not
    ps -A -E -ww -o pid= -o command= 2>/dev/null | grep -F -e " SSH_TASKS_ID=$TASK_ID" | awk '{ print $1 }'
  fi
}

# A line for each process, in the form of /proc/PID/stat (proc(5)).
st_stats() {
  if [ -r "$PROC/$$/stat" ]; then
    # One cat opens thousands of files that may vanish meanwhile; awk would stop at the first.
    cat "$PROC"/[0-9]*/stat 2>/dev/null
  else
    # lstart is five words. There is no session in POSIX: the process group stands for it.
    LC_ALL=C ps -A -o pid= -o ppid= -o pgid= -o stat= -o lstart= -o comm= 2>/dev/null |
      awk '{
        comm = $10; for (i = 11; i <= NF; i++) comm = comm " " $i
        sub(/.*\//, "", comm)
        printf "%s (%s) %s %s %s %s 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 %s_%s_%s_%s_%s\n",
          $1, comm, substr($4, 1, 1), $2, $3, $3, $5, $6, $7, $8, $9
      }'
  fi
}

# Whether processes can be seen at all: in /proc, with a grep that finds a marker in an environment, or by ps.
st_can_scan() {
  if [ -r "$PROC/$$/stat" ]; then
    printf 'a=1\0b=2\0' | grep -qszxF b=2
  else
    st_stats | awk -v self=$$ '$1 == self { found = 1 } END { exit !found }'
  fi
}
