rm -f /srv/shop/undo.done
