# Ends a durable task whose time is up, where no client has. Needs folder.sh, members.sh and ladder.sh. $1 is its id.
set +e +u +f
unset IFS
exec 2>/dev/null </dev/null >/dev/null
PATH=${PATH:+$PATH:}/usr/bin:/bin PROC=/proc TASK_ID=$1 NONCE=deadline.$$
LEADER='' SUPERVISOR=$PPID REAPER='' MEMBERS='' GRACE=500
st_report() { :; }
st_find_folder || exit
: >"$FOLDER/timeout"
st_climb
