"""nginx is told to take long names where the app has one, and only there."""

from __future__ import annotations

from slipway.provision.long_names import LONGEST, long_names
from tests.provision.test_provision import site


def test_a_setting_is_written_only_for_a_long_name() -> None:
    long = "a" * (LONGEST - 7) + ".example"
    assert not long_names(site(domains=("hello.example", long[:LONGEST]))).text
    script = long_names(site(domains=("hello.example", long))).text
    assert "server_names_hash_bucket_size 512;" in script
    assert "/etc/nginx/conf.d/slipway-names.conf" in script
