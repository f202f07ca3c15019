# Becomes durable.pl on the channel it is sent over.
#
# st_durable NONCE PERL_SCRIPT ARGUMENT...
# Says NONCE UNABLE where that can't run. The script is given one argument more, st_files.
st_durable() {
  st_nonce=$1 st_script=$2
  shift 2
  st_allow_files
  for st_bin in /usr/local/bin /bin /usr/bin; do
    [ ! -x "$st_bin/perl" ] || exec "$st_bin/perl" -e "$st_script" "$st_nonce" "$@" "$st_files" 2>/dev/null
  done
  printf '\n%s UNABLE\n' "$st_nonce"
}

# It has a file open for each task it follows, and 1024, the most that a login often gets, are soon used up: from here on
# as many are allowed as may be, within reason. Sets st_files to the limit that the tasks are to have again, "" where it
# stays.
# shellcheck disable=SC3045 # every sh we meet has -S and -H
st_allow_files() {
  st_files=$(ulimit -S -n) st_most=$(ulimit -H -n)
  [ "$st_most" != unlimited ] && [ "$st_most" -le 65536 ] || st_most=65536
  [ "$st_files" -lt "$st_most" ] && ulimit -S -n "$st_most" || st_files=''
} 2>/dev/null
