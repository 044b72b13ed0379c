"""What is a good answer, and what is said of one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.remote.web.send_health_check import Question, complaint, passing, read, request, words


def judge(path: str | None, answer: str, https: bool = False) -> str:
    question = Question("/run/web.sock", path, "www.example.org", https)
    return complaint(question, read(answer.encode(), 0.01))


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "299 "])
def test_a_health_path_must_answer_2xx(status: str) -> None:
    assert judge("/healthz", f"HTTP/1.1 {status}\r\n\r\n") == ""


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "404 Not Found", "401 Unauthorized"])
def test_without_one_any_answer_of_a_working_app_is_healthy(status: str) -> None:
    assert judge(None, f"HTTP/1.1 {status}\r\n\r\n") == ""


@pytest.mark.parametrize("path", [None, "/healthz"])
def test_a_refused_host_is_said_with_the_header_that_was_sent(path: str | None) -> None:
    text = judge(path, "HTTP/1.1 400 Bad Request\r\n\r\n")
    assert text.startswith(f"GET {path or '/'} (Host: www.example.org) was answered 400: the app does not accept")
    assert "Allow 'www.example.org' in the app (Django: ALLOWED_HOSTS)" in text


def test_a_redirect_is_said_with_its_target() -> None:
    text = judge("/healthz", "HTTP/1.1 301 Moved\r\nLocation: https://www.example.org/healthz\r\n\r\n")
    assert "answered 301, a redirect to https://www.example.org/healthz; a health check needs 2xx" in text


@pytest.mark.parametrize("path", [None, "/healthz"])
def test_an_error_is_said_with_the_words_of_its_page(path: str | None) -> None:
    page = "<html><head><title>Oh</title><script>x = 1</script></head><!-- no --><p>out of &lt;luck&gt;</p></html>"
    assert judge(path, f"HTTP/1.0 500 Error\r\n\r\n{page}").endswith("was answered 500: Oh out of <luck>")


def test_a_title_that_the_page_says_again_is_told_once() -> None:
    page = "<html><head><title>Internal Server Error</title></head><h1><p>Internal Server Error</p></h1></html>"
    assert judge("/", f"HTTP/1.0 500 Error\r\n\r\n{page}").endswith("was answered 500: Internal Server Error")
    assert words("<title>Server Error (500)</title><h1>Server  Error (500)</h1><p>Sorry") == "Server Error (500) Sorry"
    assert words("<title></title>nothing") == "nothing"


def test_a_long_page_is_cut() -> None:
    assert words("x" * 1000) == "x" * 300 + "..."


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "closed without an answer"), (b"220 smtp\r\n", "no HTTP answer but '220 smtp")]
)
def test_what_is_no_http_is_an_error(data: bytes, reason: str) -> None:
    with pytest.raises(ConnectionError, match=reason):
        read(data, 0)


def test_the_request_says_host_and_scheme() -> None:
    lines = request(Question("/s", "/healthz?x=1", "www.example.org", True)).decode().split("\r\n")
    assert lines[0] == "GET /healthz?x=1 HTTP/1.0"
    assert {"Host: www.example.org", "X-Forwarded-Proto: https", "Connection: close"} <= set(lines)
    assert lines[-2:] == ["", ""]
    assert not [line for line in lines if line.startswith("Slipway-Pass")]


def test_the_word_that_passes_in_maintenance_is_sent_where_there_is_one(tmp_path: Path) -> None:
    assert passing(None) == passing(str(tmp_path / "gone")) == passing(str(tmp_path)) == ""
    (tmp_path / ("ab" * 16)).touch()
    word = passing(str(tmp_path))
    question = Question("/s", "/healthz", "www.example.org", False, word)
    assert f"Slipway-Pass: {'ab' * 16}\r\n" in request(question).decode()
