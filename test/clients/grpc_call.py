#!/usr/bin/python3
"""python3-grpcio: calls a method without encryption, and prints the code and the text of the error."""
import sys

import grpc

LIMIT_SECONDS = 60

with grpc.insecure_channel(sys.argv[1]) as channel:
    try:
        channel.unary_unary(sys.argv[2])(b"", timeout=LIMIT_SECONDS)
        print("OK")
    except grpc.RpcError as error:
        print(error.code().name, error.details())
