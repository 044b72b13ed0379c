declare -A moved  # files that came or went between two trees
proven() { # RECORD KEY TREE
  local lines
  [[ -s $1 ]] || return 1
  mapfile -t lines < "$1"
  [[ ${lines[0]} == "$2" && ${#lines[@]} -gt 2 ]] || return 1
  [[ ${lines[1]} != "$3" ]] || return 0
  [[ ${moved[${lines[1]} $3]+known} ]] ||
    moved[${lines[1]} $3]=$(git diff-tree -r --name-only --diff-filter=ADTRC "${lines[1]}" "$3" 2>&1) || return 1
  [[ -z ${moved[${lines[1]} $3]} ]] || return 1
  GIT_LITERAL_PATHSPECS=1 git diff-tree -r --quiet "${lines[1]}" "$3" -- "${lines[@]:2}" 2> /dev/null
}
keep_proof() { # RECORD KEY TREE PATHS
  { printf '%s\n%s\n' "$2" "$3"; cat "$4"; } > "$1.new"
  mv -f "$1.new" "$1"
}
if GIT_DIR=/srv/shop/repo.git proven /srv/shop/current/static/inputs 'static dddddddddddddddddddddddddddddddd shop.settings'" $(readlink /srv/shop/releases/20261120-131502-abc1234/venv)" 7777777777777777777777777777777777777777; then
  ln -sfnT "$(readlink /srv/shop/current/static)" /srv/shop/releases/20261120-131502-abc1234/static
else
  mkdir -p /srv/shop/static/20261120-131502-abc1234 /srv/shop/static/20261120-131502-abc1234/files
  chmod 2771 /srv/shop/static/20261120-131502-abc1234
  chmod 2775 /srv/shop/static/20261120-131502-abc1234/files
sudo -n -u shop -- /srv/shop/releases/20261120-131502-abc1234/conf/run python - '{"domains": ["www.example.org"], "https": false, "link": "/srv/shop/static/20261120-131502-abc1234/link", "record": "/srv/shop/static/20261120-131502-abc1234/read", "root": "/srv/shop/static/20261120-131502-abc1234/files", "tree": "/srv/shop/releases/20261120-131502-abc1234/app"}' <<'SLIPWAY_PROGRAM'
...
SLIPWAY_PROGRAM
  [[ ! -e /srv/shop/static/20261120-131502-abc1234/read ]] || keep_proof /srv/shop/static/20261120-131502-abc1234/inputs 'static dddddddddddddddddddddddddddddddd shop.settings'" $(readlink /srv/shop/releases/20261120-131502-abc1234/venv)" 7777777777777777777777777777777777777777 /srv/shop/static/20261120-131502-abc1234/read
  ln -sfnT ../../static/20261120-131502-abc1234 /srv/shop/releases/20261120-131502-abc1234/static
fi
# What nginx shall serve out of shared/, such as uploads, it must be able to enter.
while IFS= read -r link; do
  folder=$(readlink -f "$link")
  [[ $folder == /srv/shop/shared/* && -O $folder && -d $folder ]] || continue
  [[ $(stat -c %A "$folder") == *x ]] || find "$folder" -uid "$EUID" -exec chmod o+rX {} +
done < <(find /srv/shop/releases/20261120-131502-abc1234/static/files -maxdepth 3 -type l)
ln -sfnT static/files /srv/shop/releases/20261120-131502-abc1234/public
if [[ -s /srv/shop/releases/20261120-131502-abc1234/static/link ]]; then
  { read -r inside; read -r name; } < /srv/shop/releases/20261120-131502-abc1234/static/link
  place=/srv/shop/releases/20261120-131502-abc1234/app/$inside
  [[ ! -e $place && ! -L $place ]] || rm -rf "$place"
  [[ -d ${place%/*} ]] || mkdir -p "${place%/*}"
  ln -sT /srv/shop/releases/20261120-131502-abc1234/public/"$name" "$place"
fi
