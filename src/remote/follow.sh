# Reads the output of a durable task as it grows, where there is no perl for follow.pl. Defines functions only, for
# spooled.sh. Reads NONCE and FOLDER; st_out_at and st_err_at, the offsets to begin at; descriptor 7 is what the client
# says, 6 the channel's standard error.

st_follow() {
  if [ ! -p "$FOLDER/life" ] || [ ! -r "$FOLDER/out" ] || [ ! -r "$FOLDER/err" ]; then
    st_say_end missing
    return
  fi
  # For both first: opened for reading alone it would wait for a writer, of whom there is none once the task has ended.
  # shellcheck disable=SC2094 # nothing is written
  exec 5<>"$FOLDER/life" 8<"$FOLDER/life" 5>&-
  exec 3<"$FOLDER/out" 4<"$FOLDER/err"
  # Offsets belong to the open file, which all that is started here shares.
  dd bs=1 skip="$st_out_at" count=0 <&3
  dd bs=1 skip="$st_err_at" count=0 <&4
  st_mark=$FOLDER/seen.$NONCE
  st_say_events | st_on_events 5>&1 8<&- 7<&-
  rm -f "$st_mark"
}

# A line for each moment to look, `ended` when the life token is, `gone` when the client is. Ends when nobody listens.
st_say_events() {
  trap '' PIPE
  exec 3<&- 4<&- 6>&-
  { read -r _; echo ended; } <&8 7<&- &
  st_token=$!
  { while read -r _; do :; done; echo gone; } <&7 8<&- &
  st_client=$!
  exec 7<&- 8<&-
  st_ticks=0 st_tick=0.02
  while st_sleep $st_tick && echo look; do
    st_ticks=$((st_ticks + 1))
    case $st_ticks in 20) st_tick=0.1 ;; 60) st_tick=0.25 ;; esac
  done
  kill $st_token $st_client
}

# Descriptor 5 is the channel's standard output.
st_on_events() {
  st_begun=no st_looks=0 st_final=no
  while read -r st_event; do
    case $st_event in
      gone) return ;;
      ended)
        st_begin
        st_copy_all
        # shellcheck disable=SC2046 # words
        st_say_end $(st_how_it_ended) "$st_out_at" "$st_err_at"
        return
        ;;
      look)
        [ "$st_begun" = yes ] || { [ -s "$FOLDER/main" ] && st_begin; } || continue
        ! st_has_grown || st_copy_all
        ;;
    esac
  done
}

st_begin() {
  [ "$st_begun" = no ] || return
  st_begun=yes st_words=''
  read -r st_words <"$FOLDER/main"
  printf '\n%s BEGIN %s\n' "$NONCE" "$st_words"
  printf '\n%s BEGIN\n' "$NONCE" >&6
}

# A file that is as old as the mark may have grown since: a write is only told apart from the look when the clock has moved
# on. Once in a while it is looked at anyway, as somebody may set that clock.
st_has_grown() {
  st_looks=$((st_looks + 1))
  # shellcheck disable=SC3013 # every sh we meet has it
  if [ $((st_looks % 16)) -ne 0 ] && [ "$FOLDER/out" -ot "$st_mark" ] && [ "$FOLDER/err" -ot "$st_mark" ]; then
    return 1
  fi
  printf '' >"$st_mark"
}

# Copies what there is of both streams, a MiB of each in turn.
st_copy_all() {
  st_measure
  while [ "$st_out_at" -lt "$st_out_size" ] || [ "$st_err_at" -lt "$st_err_size" ]; do
    st_copy 3 5 "$st_out_at" "$st_out_size"
    st_out_at=$st_at
    st_copy 4 6 "$st_err_at" "$st_err_size"
    st_err_at=$st_at
    [ -e "$FOLDER/run" ] || st_measure
  done
}

# Sets how large both streams are. What is there once the task has ended is all: what was left behind may go on printing,
# faster than anybody reads.
st_measure() {
  [ "$st_final" = no ] || return
  [ -e "$FOLDER/run" ] || st_final=yes
  # shellcheck disable=SC2012,SC2046 # all of ls is POSIX; words
  set -- $(ls -ln "$FOLDER/err" "$FOLDER/out" | awk '{ print $5 }')
  st_err_size=${1:-0} st_out_size=${2:-0}
}

# st_copy FROM TO AT SIZE copies at most a MiB from a descriptor to another one, and sets st_at to where that ends.
st_copy() {
  st_at=$3 st_next=$(($4 - $3))
  [ $st_next -le 1048576 ] || st_next=1048576
  [ $st_next -gt 0 ] || return
  # Where less was copied the client is gone, or goes on from what it got over another channel.
  case $(dd bs=$st_next count=1 <&"$1" 2>&1 >&"$2") in 1+0*) ;; *) exit ;; esac
  st_at=$((st_at + st_next))
}

# The words of an end, but for the offsets.
st_how_it_ended() {
  st_exit=$(st_code) st_left=left st_by=itself
  [ ! -e "$FOLDER/reaped" ] || st_left=none
  [ ! -e "$FOLDER/timeout" ] || st_by=timeout
  if [ -e "$FOLDER/never" ]; then
    st_kind=never
  elif [ -n "$st_exit" ]; then
    st_kind=exited
  elif st_recall && read -r st_boot_id </proc/sys/kernel/random/boot_id && [ "$BOOT_ID" != none ] && [ "$BOOT_ID" != "$st_boot_id" ]; then
    st_kind=rebooted
  else
    st_kind=lost
  fi
  echo "$st_kind ${st_exit:--} $st_left $st_by"
}

# The exit code of the main process, "" when it is not known.
st_code() {
  for st_file in "$FOLDER"/exit.* "$FOLDER"/ended.*; do
    if [ -e "$st_file" ]; then
      echo "${st_file##*.}"
      return
    fi
  done
}

st_say_end() {
  printf '\n%s END %s\n' "$NONCE" "$*"
  printf '\n%s END %s\n' "$NONCE" "$*" >&6
}
