[[ -e /srv/shop/repo.git/HEAD ]] || git init -q --bare /srv/shop/repo.git
IFS= read -r size
if ((size > 1048576)); then
  head -c "$size" | git --git-dir=/srv/shop/repo.git index-pack --stdin > /dev/null
elif ((size > 0)); then
  head -c "$size" | git --git-dir=/srv/shop/repo.git unpack-objects -q
fi
git --git-dir=/srv/shop/repo.git update-ref refs/slipway/20261120-131502-abc1234 7777777777777777777777777777777777777777
umask 026  # of the release's own folder: nginx passes through
mkdir -p -m 2750 /srv/shop/releases/20261120-131502-abc1234/conf /srv/shop/releases/20261120-131502-abc1234/app /srv/shop/releases/20261120-131502-abc1234/run
umask 027
ln -sfnT web.1.sock /srv/shop/releases/20261120-131502-abc1234/run/web.sock
chmod 3773 /srv/shop/releases/20261120-131502-abc1234/run
for other in /srv/shop/releases/*/run; do
  # An earlier version left them such that nginx follows whatever link the app puts there.
  [[ -k $other || ! -O $other ]] || chmod 3773 "$other"
done
cd /srv/shop/releases/20261120-131502-abc1234/app
GIT_DIR=/srv/shop/repo.git GIT_WORK_TREE=/srv/shop/releases/20261120-131502-abc1234/app GIT_INDEX_FILE=/srv/shop/releases/20261120-131502-abc1234/index git read-tree --reset -u 7777777777777777777777777777777777777777
rm -f /srv/shop/releases/20261120-131502-abc1234/index
