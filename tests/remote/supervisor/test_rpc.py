"""XML-RPC by hand: what xmlrpc.client writes is read, and what is written it reads."""

from __future__ import annotations

import datetime
import xmlrpc.client
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.remote.supervisor import rpc

# supervisord answers with these; control characters are no XML.
texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")))
values = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31 - 1) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


@given(values)
def test_every_value_is_read_as_the_library_writes_it(value: Any) -> None:
    assert rpc.decode(xmlrpc.client.dumps((value,), methodresponse=True)) == [value]


@given(texts | st.booleans())
def test_every_argument_is_written_as_the_library_reads_it(value: str | bool) -> None:
    call = rpc.CALL.format("startProcess", f"<param>{rpc.encode(value)}</param>")
    assert xmlrpc.client.loads(call) == ((value,), "supervisor.startProcess")


def test_a_fault_is_read_as_its_code_and_text() -> None:
    answer = xmlrpc.client.dumps(xmlrpc.client.Fault(91, "STILL_RUNNING: web & co"))
    assert rpc.decode(answer) == [{"faultCode": 91, "faultString": "STILL_RUNNING: web & co"}]


def test_types_that_supervisord_never_sends_are_left_out() -> None:
    when = xmlrpc.client.dumps((datetime.datetime(2026, 1, 1),), methodresponse=True)
    assert rpc.decode(when) == []


def test_nobody_there_is_said_with_what_to_do() -> None:
    with pytest.raises(rpc.Down, match=r"does not answer at /no/such.sock: No such file or directory.\nStart it"):
        rpc.call("/no/such.sock", "getState")
