mv -f /srv/shop/maintenance/undo /srv/shop/maintenance/undo.aside
