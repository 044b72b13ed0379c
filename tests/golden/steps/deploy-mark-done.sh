mv -f /srv/shop/undo.aside /srv/shop/undo.done
if [[ -L /srv/shop/undo.link ]]; then mv -fT /srv/shop/undo.link /srv/shop/standby; fi
if [[ -e /srv/shop/stopped/.web ]]; then rm -f /srv/shop/stopped/.web; fi
