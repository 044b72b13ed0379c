mv -f /srv/shop/maintenance/undo.aside /srv/shop/maintenance/undo.done
cd /srv/shop/maintenance
rm -f on.new page.new
kept=" $(readlink on || true) $(readlink page || true) "
for old in [0-9]*.*/; do [[ $kept == *" ${old%/} "* ]] || rm -rf "$old"; done
rm -f /srv/shop/maintenance/undo.done
