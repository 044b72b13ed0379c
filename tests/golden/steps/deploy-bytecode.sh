wait "$compiling" || true
