if [[ -e /srv/shop/maintenance/undo ]]; then bash /srv/shop/maintenance/undo; fi
for journal in /srv/shop/maintenance/undo.aside /srv/shop/maintenance/undo.done; do if [[ -e $journal ]]; then bash "$journal" onward; fi; done
{ printf 'on=%q page=%q\n' "$(readlink /srv/shop/maintenance/on || true)" "$(readlink /srv/shop/maintenance/page || true)"; cat <<'SLIPWAY_UNDO'
cd /srv/shop/maintenance || exit 1
if [[ ${1:-} == onward ]]; then
rm -f on.new page.new
kept=" $(readlink on || true) $(readlink page || true) "
for old in [0-9]*.*/; do [[ $kept == *" ${old%/} "* ]] || rm -rf "$old"; done
  printf '%s\n' '{"by": "the host itself", "operation": "maintenance.off", "outcome": "ok", "when": "2026-11-20T13:15:02+00:00", "who": "ann@laptop"}' >> /srv/shop/history.jsonl
  rm -f "$0"
  exit
fi
back() { if [[ $2 ]]; then ln -sfnT "$2" "$1.new" && mv -fT "$1.new" "$1"; else rm -f "$1"; fi; }
back on "$on"
back page "$page"
rm -f on.new page.new
kept=" $(readlink on || true) $(readlink page || true) "
for old in [0-9]*.*/; do [[ $kept == *" ${old%/} "* ]] || rm -rf "$old"; done
[[ ${1:-} == told ]] || printf '%s, "when": "%s"}\n' '{"message": "maintenance.off", "operation": "undo", "outcome": "ok", "who": "the host itself"' "$(date -u +%FT%T+00:00)" >> /srv/shop/history.jsonl
rm -f /srv/shop/maintenance/undo /srv/shop/maintenance/undo.aside
SLIPWAY_UNDO
} > /srv/shop/maintenance/undo.new || { rm -f /srv/shop/maintenance/undo.new; fail '/srv/shop/maintenance/undo cannot be written: is the disk full?'; }
mv -f /srv/shop/maintenance/undo.new /srv/shop/maintenance/undo
[[ -e /srv/shop/maintenance/on ]] || note maintenance-is-off "maintenance was not on"
rm -f /srv/shop/maintenance/on
