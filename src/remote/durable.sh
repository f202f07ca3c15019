# Becomes durable.pl on the channel it is sent over.
#
# st_durable NONCE PERL_SCRIPT ARGUMENT...
# Says NONCE UNABLE where that can't run.
st_durable() {
  st_nonce=$1 st_script=$2
  shift 2
  for st_bin in /usr/local/bin /bin /usr/bin; do
    [ ! -x "$st_bin/perl" ] || exec "$st_bin/perl" -e "$st_script" "$st_nonce" "$@" 2>/dev/null
  done
  printf '\n%s UNABLE\n' "$st_nonce"
}
