wait "$compiling" || true
! is_damaged || fail "the venv is damaged ($damaged_file is missing or has another size): \`fab deploy\` again makes it anew"
