# finish APP ID COMMIT DOMAIN HEALTH WHO: one rename, a question through nginx, and the old goes
set -Eeuo pipefail
umask 027
app=$1 id=$2 domain=$4 health=$5
export GIT_DIR=/srv/$app/repo.git
cd "/srv/$app"
previous=$(readlink current || true)
ln -sfn "releases/$id" current.new
mv -fT current.new current
exec 3<> /dev/tcp/127.0.0.1/80
printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$health" "$domain" >&3
read -r _ status _ <&3
if [[ $status != 200 ]]; then
  [[ ! $previous ]] || { ln -sfn "$previous" current.new; mv -fT current.new current; }
  echo "nginx answers $status" >&2
  exit 1
fi
if [[ $previous ]]; then ln -sfn "$previous" standby.new; mv -fT standby.new standby; fi

# old processes: the previous release stays booted, all others go; whoever still stops is removed next time
live=" $id ${previous##*/} "
for file in supervisor.d/*; do
  name=${file##*/}
  [[ $live == *" ${name%%.web*} "* ]] || rm -f "$file"
done
python3 -I - "$id.web" "${previous##*/}.web" << 'END'
import re, socket, sys


def call(method, values=""):
    body = f"<methodCall><methodName>supervisor.{method}</methodName><params>{values}</params></methodCall>"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect("run/supervisor.sock")
        head = f"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall((head + body).encode())
        answer = b""
        while data := connection.recv(65536):
            answer += data
            if b"</methodResponse>" in answer:
                break
    return answer.decode()


for struct in call("getAllProcessInfo").split("<struct>")[1:]:
    group, state = (re.search(rf"<name>{key}</name>\s*<value><string>([^<]*)", struct)[1] for key in ("group", "statename"))
    if group in sys.argv[1:]:
        continue
    name = f"<param><value><string>{group}</string></value></param>"
    if state in ("RUNNING", "STARTING"):
        call("stopProcessGroup", name + "<param><value><boolean>0</boolean></value></param>")
    elif state != "STOPPING":
        call("removeProcessGroup", name)
END

# old releases: five stay
shopt -s nullglob
releases=(releases/*/)
for ((i = 0; i < ${#releases[@]} - 5; i++)); do
  old=${releases[i]%/} old=${old#releases/}
  [[ $live != *" $old "* ]] || continue
  rm -rf "releases/$old" "env/$old.env" log/web."$old".log*
  git update-ref -d "refs/slipway/$old"
done
used=$(readlink releases/*/venv releases/*/static)
for folder in venvs/* static/*; do
  [[ $used == *"${folder##*/}"* ]] || { [[ ! -d $folder/files ]] || sudo -n -u "$app" rm -rf "$PWD/$folder/files"; rm -rf "$folder"; }
done
git gc --auto --quiet
printf '{"release": "%s", "commit": "%s", "who": "%s", "when": "%(%FT%T%z)T", "outcome": "ok"}\n' "$id" "$3" "$6" -1 >> history.jsonl
rmdir lock.d
