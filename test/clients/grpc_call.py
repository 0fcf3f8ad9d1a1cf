#!/usr/bin/python3
"""python3-grpcio: calls a method, and prints the code and the text of the error: grpc_call.py ADDRESS METHOD [CERTIFICATE]. With the
certificate of the server over TLS, otherwise without encryption."""
import sys

import grpc

LIMIT_SECONDS = 60



def channel_to(address, certificate=None):
    if not certificate:
        return grpc.insecure_channel(address)
    with open(certificate, "rb") as file:
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()))


address, method, *certificate = sys.argv[1:]
with channel_to(address, *certificate) as channel:
    try:
        channel.unary_unary(method)(b"", timeout=LIMIT_SECONDS)
        print("OK")
    except grpc.RpcError as error:
        print(error.code().name, error.details())
