"""The script that a shell runs as the trainer's parent, so that the sidecar has what it prints.

It is POSIX sh with mkdir, mkfifo, dd, tee and rm, for dash, bash and busybox alike. The names of
its variables are none that a template has: an exported one would reach the trainer changed.
"""

from __future__ import annotations

SCRIPT = r"""# Espalier: runs the trainer, which is the arguments from the second on. What it
# prints goes to the container's output as it is, and in pieces into folder $1, where the sidecar
# reads them.
esp_folder=$1; shift
esp_why=`{ rm -rf "$esp_folder" && mkdir -m 777 "$esp_folder" && cd "$esp_folder" &&
  mkfifo -m 600 pipe && (exec 4<>pipe 5<pipe 6>pipe) &&
  echo ok | dd bs=9 count=1 2>/dev/null | tee try && rm try; } 2>&1`
if [ "$esp_why" != ok ]; then
  { echo "${esp_why:-dd does not work}" >"$esp_folder-fault"; } 2>/dev/null
  exec "$@"
fi
# 3: the container's output; 5 and 6: the pipe's ends, which 4 lets open without waiting; 7: input.
exec 3>&1 7<&0
exec 4<>"$esp_folder/pipe" 5<"$esp_folder/pipe" 6>"$esp_folder/pipe"
exec 4>&-
rm "$esp_folder/pipe"
(
  # What is meant for the trainer, or for its whole group, must not take its last lines.
  trap '' HUP INT QUIT ALRM USR1 USR2 TERM PIPE
  umask 022
  exec 2>/dev/null 6>&- 7<&-
  cd "$esp_folder"
  set --
  esp_n=0 esp_kept=0
  while :; do
    # A piece is 32 MiB, or less: dd counts what it reads, of which a line may be all.
    esp_said=`{ LC_ALL=C dd bs=1024 count=32768 <&5 2>&4 3>&- | tee "$esp_n" >&3 4>&-; } 4>&1`
    case $esp_said in
      "0+0 "*) exit ;;
      *" records in"*) ;;
      *) echo "dd failed: $esp_said" >"$esp_folder-fault"; exec cat <&5 >&3 ;;
    esac
    esp_size=`wc -c <"$esp_n"` || esp_size=33554432
    set -- "$@" "$esp_size"
    esp_n=$((esp_n + 1)) esp_kept=$((esp_kept + esp_size))
    # Of what is not read in time the oldest goes: 128 MiB stay, in 500 pieces at most.
    while [ "$esp_kept" -gt 134217728 ] || [ $# -gt 500 ]; do
      [ ! -e "$((esp_n - $#))" ] || rm -f "$((esp_n - $#))"
      esp_kept=$((esp_kept - $1)); shift
    done
  done
) &
esp_copier=$!
exec 3>&- 5<&-
esp_trainer= esp_early= esp_heard=
esp_forward() {
  esp_heard=yes
  if [ "$esp_trainer" ]; then kill -s "$1" "$esp_trainer"; else esp_early="$esp_early $1"; fi
}
for esp_sign in HUP INT QUIT ALRM USR1 USR2 TERM; do trap "esp_forward $esp_sign" $esp_sign; done
# A shell lets its children in the background ignore INT and QUIT.
esp_reset='import os, signal as s, sys
for each in s.SIGINT, s.SIGQUIT, s.SIGPIPE, s.SIGXFSZ: s.signal(each, s.SIG_DFL)
try: os.execvp(sys.argv[1], sys.argv[1:])
except OSError as error: print(f"{sys.argv[1]}: {error.strerror}", file=sys.stderr)
sys.stderr.flush(); os._exit(127)'
case $1 in
  *=*) ;;
  *) if env --default-signal=INT,QUIT >/dev/null 2>&1; then
      set -- env --default-signal=INT,QUIT -- "$@"
    elif python3 -ISc '' >/dev/null 2>&1; then
      set -- python3 -ISc "$esp_reset" "$@"
    fi ;;
esac
# As by itself it leads a group of its own: what it sends to that does not come here.
if command -v setsid >/dev/null; then set -- setsid "$@"; fi
{ exec "$@"; } <&7 >&6 2>&6 6>&- 7<&- &
esp_trainer=$!
# From here on a shell would say how its children died.
exec 2>/dev/null 6>&- 7<&-
for esp_sign in $esp_early; do kill -s "$esp_sign" "$esp_trainer"; done
# A signal ends wait, with a code above 128, maybe as the trainer ends: then a shell may know the
# end no more, and say 127, or bash -1. Bash may also forget a trap for what comes in a trap.
(set +o posix) && set +o posix
esp_code= esp_heard=yes
while [ "$esp_heard" ]; do
  esp_heard=
  wait "$esp_trainer"
  esp_got=$?
  case $esp_got in
    127 | -1) esp_code=${esp_code:-127} ;;
    *) [ "${esp_code:-129}" -le 128 ] || esp_code=$esp_got ;;
  esac
  [ "$esp_got" -gt 128 ] && kill -s 0 "$esp_trainer" && esp_heard=yes
done
# The rest is on its way; a child of the trainer's that still holds the pipe is not waited for.
(trap - HUP INT QUIT ALRM USR1 USR2 TERM; sleep 2; kill -s KILL "$esp_copier") >/dev/null &
esp_guard=$!
esp_heard=yes
while [ "$esp_heard" ]; do esp_heard=; wait "$esp_copier"; done
kill "$esp_guard"
exit "$esp_code"
"""
"""Its own arguments: the folder for the pieces, then the trainer's command."""
