mv -f /srv/shop/undo.aside /srv/shop/undo.done
rm -f /srv/shop/undo.link
for file in /srv/shop/releases/20261120-131502-abc1234/conf/again/*.program /srv/shop/releases/20261120-131502-abc1234/conf/again/boot.json; do
  if [[ -e $file ]]; then mv -f "$file" /srv/shop/releases/20261120-131502-abc1234/conf/; fi
done
if [[ -e /srv/shop/releases/20261120-131502-abc1234/conf/again/whole.json ]]; then mv -f /srv/shop/releases/20261120-131502-abc1234/conf/again/whole.json /srv/shop/releases/20261120-131502-abc1234/conf/workers.json; fi
rm -rf /srv/shop/releases/20261120-131502-abc1234/conf/again
