"""Where a team's tracking server is, and the way to it."""

import contextlib
import socket
import threading

import pytest

from espalier_sidecar.collectors.mlflow_upstream import Upstream, read_address

TEAM = "https://mlflow.example:8443/tracking"


@pytest.mark.parametrize(
    ("uri", "netloc", "path"),
    [
        ("https://mlflow.example", "mlflow.example", ""),
        ("https://mlflow.example:443/", "mlflow.example", ""),
        ("http://mlflow:5000/a/b/", "mlflow:5000", "/a/b"),
        ("HTTP://MLflow ", "mlflow", ""),
        ("http://[::1]:5000", "[::1]:5000", ""),
        ("http://user:pass@mlflow", "mlflow", ""),
    ],
)
def test_an_address(uri, netloc, path):
    address = read_address(uri)
    assert (address.netloc, address.path) == (netloc, path)


@pytest.mark.parametrize("uri", ["", "databricks", "file:///x", "http://", "http://x:port", "x:80"])
def test_what_is_none(uri):
    with pytest.raises(ValueError, match=r"expected http|port|Port"):
        read_address(uri)


@pytest.mark.parametrize(
    ("environ", "through"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "proxy:3128"),
        ({"https_proxy": "proxy:3128", "HTTPS_PROXY": "other:1"}, "proxy:3128"),
        ({"ALL_PROXY": "http://proxy:3128"}, "proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, None),
        *(
            ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": past}, None)
            for past in ("*", "localhost, mlflow.example", ".example", "*.example", "example:8443")
        ),
        *(
            ({"HTTPS_PROXY": "http://proxy:3128", "no_proxy": past}, "proxy:3128")
            for past in ("", "localhost", "ample", "example:80", "other.example", ",,")
        ),
    ],
)
def test_the_way_is_the_one_of_the_trainers_client(environ, through):
    proxy = Upstream(TEAM, environ)._proxy
    assert (proxy and proxy.netloc) == through


def test_a_tunnel_is_asked_for_with_the_proxys_own_password():
    listener = socket.create_server(("127.0.0.1", 0))
    asked = []

    def answer():
        connection, _ = listener.accept()
        asked.append(connection.recv(4096))
        connection.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    uri = f"http://a:b@127.0.0.1:{listener.getsockname()[1]}"
    upstream = Upstream(TEAM, {"HTTPS_PROXY": uri})
    with (
        contextlib.closing(upstream.connect()) as connection,
        pytest.raises(OSError, match="407"),
    ):
        upstream.secured(connection)
    thread.join()
    listener.close()
    assert asked == [
        b"CONNECT mlflow.example:8443 HTTP/1.1\r\nHost: mlflow.example:8443\r\n"
        b"Proxy-Authorization: Basic YTpi\r\n\r\n"
    ]


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_that_is_not_there_is_an_error(name):
    with pytest.raises(OSError, match="No such file"):
        Upstream(TEAM, {name: "/nowhere.pem"})
