# survey APP WANTED DOMAIN HEALTH FORCE: look before touching; prints `locked`, and then the trees that are here or `same`
set -Eeuo pipefail
umask 027
cd "/srv/$1"
[[ -x /opt/slipway/tools/bin/uv && -w releases && -S run/supervisor.sock ]] || { echo "not provisioned" >&2; exit 1; }
mkdir lock.d || { echo "another deploy is under way, or died: rmdir /srv/$1/lock.d" >&2; exit 1; }
echo locked
read -r room inodes < <(df --output=avail,iavail -B M . | tail -n 1 | tr -d M)
((room >= 200 && (inodes == 0 || inodes >= 10000))) || { echo "the disk is full" >&2; exit 1; }
for release in releases/*/; do
  [[ ! -d $release || -e ${release}release.json ]] || rm -rf "$release"
done
if [[ ! $5 && -e current/conf/wanted && $(< current/conf/wanted) == "$2" ]]; then
  exec 3<> /dev/tcp/127.0.0.1/80
  printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$4" "$3" >&3
  read -r _ status _ <&3
  if [[ $status == 200 ]]; then echo same; rmdir lock.d; exit; fi
fi
[[ -e repo.git/HEAD ]] || exit 0
git --git-dir=repo.git for-each-ref --format='%(objectname)' refs/slipway
