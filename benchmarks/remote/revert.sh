# revert APP ID: as if it had never begun; only after a failure
set -u
cd "/srv/$1" || exit 1
previous=$(readlink standby || true)
if [[ $(readlink current) == "releases/$2" && $previous ]]; then
  ln -sfn "$previous" current.new && mv -fT current.new current
fi
rm -f "supervisor.d/$2.web.conf" "env/$2.env"
python3 -I - "$2.web" << 'END'
import sys, xmlrpc.client, http.client, socket


class Unix(xmlrpc.client.Transport):
    def make_connection(self, host):
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect("run/supervisor.sock")
        return connection


server = xmlrpc.client.ServerProxy("http://localhost", Unix()).supervisor
try:
    server.stopProcessGroup(sys.argv[1])
    server.removeProcessGroup(sys.argv[1])
except xmlrpc.client.Fault:
    pass
END
rm -rf "releases/$2"
git --git-dir=repo.git update-ref -d "refs/slipway/$2"
rmdir lock.d 2> /dev/null
true
