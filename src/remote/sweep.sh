# Removes the folders of tasks that nobody came back for. Defines functions only; needs folder.sh, reads NONCE and st_days, the
# days that a folder is kept after the last that was noted in it.

# Those of whose tasks nothing is to be seen any more.
st_sweep_folders() {
  for st_place in "$st_home_place" /var/tmp/ssh-tasks-* "${TMPDIR:-/tmp}"/ssh-tasks-* /dev/shm/ssh-tasks-*; do
    st_is_ours "$st_place" || continue
    find "$st_place/." -name . -o -type d -prune -mtime "+$st_days" -print | st_sweep
  done
}

# The folders it reads.
st_sweep() {
  while read -r FOLDER; do
    # The main process and what waits for it, as leader.sh says them. To busybox an empty word is 0, which is always there.
    # shellcheck disable=SC2046 # words
    set -- $(cat "$FOLDER/main")
    kill -0 "${1:-none}" || kill -0 "${4:-none}" || st_is_held || st_remove_folder
  done
}
