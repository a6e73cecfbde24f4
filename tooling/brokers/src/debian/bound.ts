// In a PID and a mount namespace of its own, this is the first process: when it ends, so does all else in there, and
// no mount is left. It ends with the command, or when its standard input does: then nobody is left to own it.
const script = `
exec 3<&0 </dev/null
cat <&3 >/dev/null & owner=$!
"\${@:2}" 3<&- &
wait -n; code=$?
kill -0 $owner 2>/dev/null && exit $code
kill -KILL -1
rm -rf "$1" || rm -rf "$1"
exit 1`;

/** A command that leaves nothing behind: with the end of its input it is ended, and `folder` removed. */
export const bound = (folder: string, ...command: string[]): string[] => [
  ...["unshare", "--mount", "--pid", "--fork", "--kill-child"],
  ...["bash", "-c", script, "bash", folder, ...command],
];
