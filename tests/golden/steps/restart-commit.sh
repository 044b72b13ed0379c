mv -f /srv/shop/undo /srv/shop/undo.aside
