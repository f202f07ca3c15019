# Runs on this machine once ssh has signed in (ssh_config(5), LocalCommand), with ssh's standard input and output: says so,
# and when its standard input ends while ssh is still there, whoever started it has been killed: it ends ssh, and removes
# the folder that it was started with.
st_ssh=$PPID st_folder=${0%/*}
exec 3<&0
(
  trap '' HUP INT
  read -r _ <&3
  # Another process may have that number by now.
  case $(ps -o args= -p "$st_ssh") in
    *"$st_folder"*)
      kill "$st_ssh"
      rm -rf "$st_folder"
      ;;
  esac
) >/dev/null 2>&1 &
echo READY
