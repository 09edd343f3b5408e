#!/bin/sh
# Runs a command so that nothing of it outlives its user. The command and all it starts live in this script's process
# group and carry the mark AI_GATE_RUN in their environment. When standard input ends (whoever started us has closed it
# or is dead, however it died), everything is ended; when the command ends by itself, whatever it left running is.
# Usage: guard.sh DIRECTORY COMMAND [ARGUMENT...]   (DIRECTORY is removed at the end; "" for none)
scratch=$1
shift

# Processes that left the group still carry the mark (Linux; elsewhere there is no /proc and the group must do).
sweep() {
  for environ in $(grep -als "AI_GATE_RUN=$AI_GATE_RUN" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${environ#/proc/}
    pid=${pid%/environ}
    [ "$pid" = "$$" ] || kill -KILL "$pid" 2>/dev/null
  done
}

clean() {
  trap '' TERM INT HUP
  kill -TERM 0
  tries=0
  while [ "$tries" -lt 20 ] && kill -0 "$command" 2>/dev/null; do
    sleep 0.1
    tries=$((tries + 1))
  done
  sweep
  [ -z "$scratch" ] || rm -rf -- "$scratch"
}

abandon() {
  clean
  kill -KILL 0
}

exec 3<&0
"$@" </dev/null 3<&- &
command=$!
trap abandon TERM INT HUP
(
  cat <&3 >/dev/null
  kill -TERM $$
) &
exec 3<&-
wait "$command"
code=$?
clean
exit "$code"
