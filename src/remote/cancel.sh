# Cancels a task over a channel of its own. Needs members.sh and ladder.sh.
#
# st_cancel NONCE TASK_ID LEADER BOOT_ID GRACE
# Each line of the answer begins with the nonce: BEGIN, the reports of the ladder, END VERDICT (or END rebooted: what
# ran before a reboot is gone). Any line on standard input ends the grace. A lost connection does not end the cancel.
st_cancel() {
  set +e +u +f
  unset IFS
  PATH=${PATH:+$PATH:}/usr/bin:/bin PROC=/proc
  NONCE=$1 TASK_ID=$2 LEADER=$3 GRACE=$5 SUPERVISOR=''
  trap '' PIPE
  trap 'GRACE=0' USR1
  exec 7<&0 </dev/null
  { read -r _ && kill -USR1 $$; } <&7 >/dev/null 2>&1 &
  st_force=$!
  st_report BEGIN
  read -r st_boot_id 2>/dev/null <"$PROC/sys/kernel/random/boot_id"
  if [ -n "$4" ] && [ -n "$st_boot_id" ] && [ "$4" != "$st_boot_id" ]; then VERDICT=rebooted; else st_climb; fi
  st_report END "$VERDICT"
  kill $st_force 2>/dev/null
}

st_report() { printf '%s %s\n' "$NONCE" "$*"; }
