# Runs on this machine once ssh has signed in (ssh_config(5), LocalCommand), with ssh's standard input and output: says so,
# and ends ssh when its standard input ends, as whoever started it is gone then.
st_ssh=$PPID st_folder=${0%/*}
exec 3<&0
(
  trap '' HUP INT
  read -r st_word <&3
  # Another process may have that number by now.
  case $(ps -o args= -p "$st_ssh") in *"$st_folder"*) kill "$st_ssh" ;; esac
) >/dev/null 2>&1 &
echo READY
