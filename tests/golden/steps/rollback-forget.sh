if [[ -e /srv/shop/undo.aside ]]; then
  previous=$(sed -n '1s/^previous=//p' /srv/shop/undo.aside)
  if [[ $previous && $previous != "''" ]]; then
    ln -sfnT "$previous" /srv/shop/standby.new
    mv -fT /srv/shop/standby.new /srv/shop/standby
  fi
  rm -f /srv/shop/undo.aside
fi
